"""What libyaml says of a text that is no YAML, in the words of who wrote it, at the place of the mistake.

libyaml tells where it could go on no further, which may be lines below. Each function here and in `indentation` takes
one of its sentences (https://github.com/yaml/libyaml, src/scanner.c and src/parser.c) and looks for what was meant.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from mlops.configuration.reading.excerpt import Mistake, Seen, at, prefix, quoted, rest, short, single, value
from mlops.configuration.reading.indentation import QUOTES, colon, expected_item, expected_key, simple_key

if TYPE_CHECKING:
    import yaml

_OTHER = {"'": '"', '"': "'"}


def mistake(text: str, error: yaml.YAMLError) -> Mistake:
    """Say what is wrong with a text that libyaml refuses."""
    mark, start = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    if mark is None:
        return _control_character(text)
    said = f"{getattr(error, 'context', None) or ''}: {getattr(error, 'problem', None) or ''}"
    begun = (start.line, start.column) if start is not None else (mark.line, mark.column)
    seen = Seen(text.splitlines(), mark.line, mark.column, begun)
    if (opened := _opened_above(seen)) is not None:
        return opened
    told = next((explain for words, explain in _SENTENCES.items() if re.search(words, said)), None)
    found = told(seen) if told is not None else None
    if found is not None:
        return found
    return Mistake(mark.line + 1, mark.column + 1, f"it is not YAML: {said.strip(': ')}", QUOTES)


def _opened_above(seen: Seen) -> Mistake | None:
    """Stopped behind a quote that closes one of a line above, which was meant to end there."""
    quote = seen.here[: seen.column].rstrip()[-1:]
    if not quote or quote not in "'\"" or seen.here[: seen.column].count(quote) % 2 == 0:
        return None
    opened = next((line for line in reversed(range(seen.line)) if seen.lines[line].count(quote) % 2), None)
    return None if opened is None else _unclosed(seen.lines, opened, seen.lines[opened].rindex(quote))


def _quote(seen: Seen) -> Mistake:
    return _unclosed(seen.lines, *seen.start)


def _unclosed(lines: list[str], line: int, column: int) -> Mistake:
    """In brackets the text was meant to end at the next comma; one that ends with the other quote, at that."""
    text, quote = lines[line].rstrip(), lines[line][column]
    meant = rest(text, column).removesuffix(_OTHER[quote])
    hint = f"close it: {short(meant + quote)}"
    return Mistake(line + 1, column + 1, "the quote is never closed", hint, len(text) - column)


def _flow(seen: Seen) -> Mistake:
    """Stopped inside brackets: they are never closed, or two values stand beside each other."""
    line, column = seen.start
    sign = seen.text(line)[column : column + 1]
    closing = "]" if sign == "[" else "}"
    if reference := re.match(r"\$\{[^}]*\}?", seen.here[max(0, seen.column - 1) :]):
        begin, text = seen.column, f"{reference[0].removesuffix('}')}}}"
        hint = f'put it in quotes: "{short(text)}"'
        return Mistake(seen.line + 1, begin, f"a reference inside `{sign}{closing}`", hint, len(reference[0]))
    left = prefix(seen.here, dashes=False) <= prefix(seen.text(line), dashes=False)
    if (seen.line != line and left) or not seen.here[seen.column :].strip():
        return Mistake(line + 1, column + 1, f"`{sign}` is never closed", f"close it with `{closing}`")
    if seen.sign == ":":
        hint = "put the text in quotes, or each pair in { } of its own"
        hint = hint if sign == "[" else "divide pairs by commas; put a text with a colon in quotes"
        return at(seen, f"a second colon inside `{sign}{closing}`", hint)
    return at(seen, f"neither a comma nor `{closing}`", "divide values by commas; put text with signs in it in quotes")


def _node(seen: Seen) -> Mistake | None:
    sign = seen.sign
    if sign == "," and seen.here[: seen.column].rstrip()[-1:] in (",", "[", "{"):
        return at(seen, "nothing stands before the comma", "remove the comma, or write a value")
    if sign and sign in "]}":
        return at(seen, f"`{sign}` closes nothing", "remove it, or put the text in quotes")
    return _begins(seen.lines, seen.line, seen.column) if sign else None


def _dash(seen: Seen) -> Mistake:
    item = value(seen.here[seen.column :]).removeprefix("-").strip()
    key = seen.here[: seen.column].strip()
    hint = f"write `{key} [{short(item)}]`, or the item on a line of its own"
    return at(seen, "an item of a list on the line of its key", hint)


def _start(seen: Seen) -> Mistake:
    return _begins(seen.lines, *seen.start)


def _token(seen: Seen) -> Mistake:
    return _begins(seen.lines, seen.line, seen.column)


def _begins(lines: list[str], line: int, column: int) -> Mistake:
    text = rest(lines[line], column)
    sign = lines[line][column : column + 1]
    if sign.isalnum() and text.endswith(":"):
        return Mistake(line + 1, column + len(text), "nothing stands after the colon", f"write `{short(text)} ...`")
    shown = "a backtick" if sign == "`" else f"`{sign}`"
    message = f"a text cannot begin with {shown}" if not sign.isalnum() else "a colon inside a text"
    return Mistake(line + 1, column + 1, message, f"put it in quotes: {quoted(text)}", max(1, len(text)))


def _escape(seen: Seen) -> Mistake:
    text = seen.here[seen.start[1] :] if seen.start[0] == seen.line else seen.here
    inside = re.match(r'"((?:[^"\\]|\\.)*)"', text)
    shown = f": {short(single(inside[1]))}" if inside else ""
    hint = f"write a path with /, or the text in single quotes{shown}"
    return at(seen, "a backslash in double quotes begins an escape, such as \\n", hint)


def _block(seen: Seen) -> Mistake:
    line, column = seen.start
    text = rest(seen.text(line), column)
    hint = f"put it in quotes: {quoted(text)}; or write the text below, indented"
    message = f"`{text[:1]}` announces a text on the lines below, and something follows it"
    return Mistake(line + 1, column + 1, message, hint, max(1, len(text)))


def _document(seen: Seen) -> Mistake:
    return at(seen, "a file holds one document", "remove `...`, and lines that begin with %")


_SENTENCES: dict[str, Callable[[Seen], Mistake | None]] = {
    "mapping values are not allowed": colon,
    "could not find expected ':'": simple_key,
    "did not find expected key": expected_key,
    "expected '-' indicator": expected_item,
    "quoted scalar: found unexpected (end of stream|document indicator)": _quote,
    "expected ',' or": _flow,
    "expected node content": _node,
    "block sequence entries are not allowed": _dash,
    "cannot start any token|mapping keys are not allowed": _token,
    "(scanning|parsing) an? (alias|anchor|tag|directive)|undefined tag handle|unexpected ':'": _start,
    "unknown escape|expected hexdecimal": _escape,
    "scanning a block scalar": _block,
    "expected <document start>": _document,
}


def _control_character(text: str) -> Mistake:
    match = re.search(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text)
    if match is None:
        return Mistake(1, 1, "it is not YAML", "")
    before = text[: match.start()]
    line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
    return Mistake(line, column, f"the character U+{ord(match.group()):04X} is not allowed", "remove it")
