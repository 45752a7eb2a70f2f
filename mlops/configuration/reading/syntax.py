"""What libyaml says of a text that is no YAML, in the words of who wrote it, at the place of the mistake.

libyaml tells where it could go on no further, which may be lines below. Each function here takes one of its sentences
(https://github.com/yaml/libyaml, src/scanner.c and src/parser.c) and looks for what was probably meant.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import yaml

_KEY = re.compile(r"\s*(?:- +)*(?P<key>[^\s#'\"\[{&*!|>%@`-][^:#]*):(?P<gap> +)(?P<value>\S.*)$")
_BEGINS = re.compile(r"\s*(?:- +)*")
_SHOWN = 60


class Mistake(NamedTuple):
    """What is wrong, where (counted from 1), and what would be right."""

    line: int
    column: int
    message: str
    hint: str
    length: int = 1


class _Seen(NamedTuple):
    """A text, where libyaml stopped, and where what it was reading began; lines and columns from 0."""

    lines: list[str]
    line: int
    column: int
    start: tuple[int, int]

    @property
    def here(self) -> str:
        """The line on which it stopped; empty behind the last."""
        return self.text(self.line)

    @property
    def sign(self) -> str:
        """The character at which it stopped; empty behind the last."""
        return self.here[self.column : self.column + 1]

    def text(self, line: int) -> str:
        return self.lines[line] if line < len(self.lines) else ""

    def above(self) -> int | None:
        """Find the last line before that is neither empty nor a comment."""
        told = (line for line in reversed(range(self.line)) if re.match(r"\s*[^\s#]", self.lines[line]))
        return next(told, None)


def mistake(text: str, error: yaml.YAMLError) -> Mistake:
    """Say what is wrong with a text that libyaml refuses."""
    mark, start = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    if mark is None:
        return _control_character(text)
    said = f"{getattr(error, 'context', None) or ''}: {getattr(error, 'problem', None) or ''}"
    begun = (start.line, start.column) if start is not None else (mark.line, mark.column)
    seen = _Seen(text.splitlines(), mark.line, mark.column, begun)
    if (opened := _opened_above(seen)) is not None:
        return opened
    told = next((explain for words, explain in _SENTENCES.items() if re.search(words, said)), None)
    found = told(seen) if told is not None else None
    if found is not None:
        return found
    return Mistake(mark.line + 1, mark.column + 1, f"it is not YAML: {said.strip(': ')}", _QUOTES)


_QUOTES = "put a text with signs of YAML in it, such as : # [ ] { } , & * ! | > % @, in quotes"


def _colon(seen: _Seen) -> Mistake | None:
    """Stopped at a colon: it is the second of its line, or the line goes on with the value of the one above."""
    before = seen.here[: seen.column]
    if found := _KEY.match(seen.here):
        value, at = _value(found["value"]), found.start("value")
        if at <= seen.column:
            hint = f"put the text in quotes: {found['key'].strip()}: {_quoted(value)}"
            return Mistake(seen.line + 1, seen.column + 1, "a second colon on the line", hint)
    above = seen.above()
    if above is None:
        return _at(seen, "a colon where no key can stand", _QUOTES)
    indent = len(before) - len(before.lstrip())
    written = _KEY.match(seen.lines[above])
    if written is None:
        return _no_colon(seen.lines, above)
    wanted = written.start("key")
    message = f"the key is indented by {indent}, and the line above has a value already"
    return _indented(seen, message, f"indent it by {wanted} to stand beside `{written['key'].strip()}`")


def _simple_key(seen: _Seen) -> Mistake:
    """A line without `: `: the blank after the colon is forgotten, or the colon is."""
    return _no_colon(seen.lines, seen.start[0])


def _no_colon(lines: list[str], line: int) -> Mistake:
    text = _value(lines[line])
    begin = _prefix(text)
    words = text[begin:]
    if found := re.match(r"([\w.-]+) *:(?=\S)", words):
        right = f"{found[1]}: {words[found.end() :]}"
        return Mistake(line + 1, begin + found.end(), "no blank after the colon", f"write `{_short(right)}`")
    hint = f"write `{_short(words)}: ...`; a text of several lines is indented deeper than its key"
    return Mistake(line + 1, begin + 1, f"no colon after `{_short(words)}`", hint, max(1, len(words)))


def _expected_key(seen: _Seen) -> Mistake | None:
    """Stopped where a key should be: the line is indented as no other, or goes on behind a quote or a bracket."""
    before = seen.here[: seen.column]
    if before.strip():
        return _behind(seen, before.rstrip())
    if seen.sign == ":":
        return _at(seen, "nothing stands before the colon", "write a key: `KEY: value`")
    if re.match(r"-(\s|$)", seen.here[seen.column :]) and seen.column <= seen.start[1]:
        return _at(seen, "an item of a list among keys", "indent it below the key that it belongs to")
    above = [line for line in seen.lines[: seen.line] if line.strip()]
    steps = sorted({_prefix(line, dashes=dashes) for line in above for dashes in (False, True)})
    message = f"the line is indented by {seen.column}, as no block above is"
    return _indented(seen, message, f"indent it by one of: {', '.join(map(str, steps))}")


def _behind(seen: _Seen, before: str) -> Mistake | None:
    """Text goes on behind what was closed, such as by a quote that is part of the text."""
    quote = before[-1]
    if quote in "'\"":
        other, inside = ("double", "twice: ''") if quote == "'" else ("single", 'as \\"')
        hint = f"put the whole in {other} quotes, or write the quote inside {inside}"
        return _at(seen, "text goes on after the closing quote", hint)
    if (sign := seen.sign) and sign in "]}":
        return _at(seen, f"`{sign}` closes nothing", "remove it")
    return _at(seen, f"text goes on after `{quote}`", "put the whole in quotes, or begin a new line")


def _expected_item(seen: _Seen) -> Mistake:
    """A key stands where the items of a list do."""
    hint = f"indent it by {seen.start[1] + 2} if it belongs to the item above, or begin it with `- `"
    return _indented(seen, "a key stands where the items of a list begin", hint)


def _opened_above(seen: _Seen) -> Mistake | None:
    """Stopped behind a quote that closes one of a line above, which was meant to end there."""
    quote = seen.here[: seen.column].rstrip()[-1:]
    if not quote or quote not in "'\"" or seen.here[: seen.column].count(quote) % 2 == 0:
        return None
    opened = next((line for line in reversed(range(seen.line)) if seen.lines[line].count(quote) % 2), None)
    return None if opened is None else _unclosed(seen.lines, opened, seen.lines[opened].rindex(quote))


def _quote(seen: _Seen) -> Mistake:
    return _unclosed(seen.lines, *seen.start)


def _unclosed(lines: list[str], line: int, column: int) -> Mistake:
    text = lines[line].rstrip()
    hint = f"close it: {_short(text[column:] + text[column])}"
    return Mistake(line + 1, column + 1, "the quote is never closed", hint, len(text) - column)


def _flow(seen: _Seen) -> Mistake:
    """Stopped inside brackets: they are never closed, or two values stand beside each other."""
    line, column = seen.start
    sign = seen.text(line)[column : column + 1]
    closing = "]" if sign == "[" else "}"
    left = _prefix(seen.here, dashes=False) <= _prefix(seen.text(line), dashes=False)
    if (seen.line != line and left) or not seen.here[seen.column :].strip():
        return Mistake(line + 1, column + 1, f"`{sign}` is never closed", f"close it with `{closing}`")
    if seen.sign == ":":
        hint = "put the text in quotes, or each pair in { } of its own"
        hint = hint if sign == "[" else "divide pairs by commas; put a text with a colon in quotes"
        return _at(seen, f"a second colon inside `{sign}{closing}`", hint)
    return _at(seen, f"neither a comma nor `{closing}`", "divide values by commas; put text with signs in it in quotes")


def _node(seen: _Seen) -> Mistake | None:
    sign = seen.sign
    if sign == "," and seen.here[: seen.column].rstrip()[-1:] in (",", "[", "{"):
        return _at(seen, "nothing stands before the comma", "remove the comma, or write a value")
    if sign and sign in "]}":
        return _at(seen, f"`{sign}` closes nothing", "remove it, or put the text in quotes")
    return _begins(seen.lines, seen.line, seen.column) if sign else None


def _dash(seen: _Seen) -> Mistake:
    item = _value(seen.here[seen.column :]).removeprefix("-").strip()
    key = seen.here[: seen.column].strip()
    hint = f"write `{key} [{_short(item)}]`, or the item on a line of its own"
    return _at(seen, "an item of a list on the line of its key", hint)


def _start(seen: _Seen) -> Mistake:
    return _begins(seen.lines, *seen.start)


def _token(seen: _Seen) -> Mistake:
    return _begins(seen.lines, seen.line, seen.column)


def _begins(lines: list[str], line: int, column: int) -> Mistake:
    text = _rest(lines[line], column)
    sign = lines[line][column : column + 1]
    message = f"a text cannot begin with `{sign}`" if not sign.isalnum() else "a colon inside a text"
    return Mistake(line + 1, column + 1, message, f"put it in quotes: {_quoted(text)}", max(1, len(text)))


def _escape(seen: _Seen) -> Mistake:
    text = seen.here[seen.start[1] :] if seen.start[0] == seen.line else seen.here
    inside = re.match(r'"((?:[^"\\]|\\.)*)"', text)
    shown = f": {_short(_single(inside[1]))}" if inside else ""
    hint = f"write a path with /, or the text in single quotes{shown}"
    return _at(seen, "a backslash in double quotes begins an escape, such as \\n", hint)


def _block(seen: _Seen) -> Mistake:
    line, column = seen.start
    text = _rest(seen.text(line), column)
    hint = f"put it in quotes: {_quoted(text)}; or write the text below, indented"
    message = f"`{text[:1]}` announces a text on the lines below, and something follows it"
    return Mistake(line + 1, column + 1, message, hint, max(1, len(text)))


def _document(seen: _Seen) -> Mistake:
    return _at(seen, "a file holds one document", "remove `...`, and lines that begin with %")


_SENTENCES: dict[str, Callable[[_Seen], Mistake | None]] = {
    "mapping values are not allowed": _colon,
    "could not find expected ':'": _simple_key,
    "did not find expected key": _expected_key,
    "expected '-' indicator": _expected_item,
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


def _at(seen: _Seen, message: str, hint: str) -> Mistake:
    return Mistake(seen.line + 1, seen.column + 1, message, hint)


def _indented(seen: _Seen, message: str, hint: str) -> Mistake:
    """Point at the first word of the line."""
    words = seen.here.strip().split(" ")[0]
    return Mistake(seen.line + 1, _prefix(seen.here, dashes=False) + 1, message, hint, max(1, len(words)))


def _prefix(text: str, *, dashes: bool = True) -> int:
    found = _BEGINS.match(text)
    return found.end() if dashes and found is not None else len(text) - len(text.lstrip())


def _value(text: str) -> str:
    """Leave a comment out, and blanks at the end."""
    return re.split(r"\s#", text, maxsplit=1)[0].rstrip()


def _rest(text: str, column: int) -> str:
    """Give the text of a value from a column on, as far as the item of a list in brackets goes."""
    value = _value(text[column:])
    flow = text[:column].count("[") + text[:column].count("{") > text[:column].count("]") + text[:column].count("}")
    return re.split(r"[,\]}]", value, maxsplit=1)[0].rstrip() or value[:1] if flow else value


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def _quoted(text: str) -> str:
    return _single(_short(text)) if '"' in text or "\\" in text else f'"{_short(text)}"'


def _single(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
