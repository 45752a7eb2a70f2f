"""Keys and items that stand where none can: indented wrongly, or without their colon or the blank behind it.

Each function takes one sentence of libyaml's, and looks for what was probably meant.
"""

from __future__ import annotations

import re

from mlops.configuration.reading.excerpt import (
    KEY,
    Mistake,
    Seen,
    at,
    indented,
    prefix,
    quoted,
    short,
    value,
)

QUOTES = "put a text with signs of YAML in it, such as : # [ ] { } , & * ! | > % @, in quotes"
_DASHED = re.compile(r"\s*-(?=[^\s\d.-])")


def colon(seen: Seen) -> Mistake | None:
    """Stopped at a colon: it is the second of its line, or the line goes on with the value of the one above."""
    if (dashed := _no_blank_after_dash(seen.lines, seen.line)) is not None:
        return dashed
    before = seen.here[: seen.column]
    if found := KEY.match(seen.here):
        text, begin = value(found["value"]), found.start("value")
        if begin <= seen.column:
            hint = f"put the text in quotes: {found['key'].strip()}: {quoted(text)}"
            return Mistake(seen.line + 1, seen.column + 1, "a second colon on the line", hint)
    above = seen.above()
    if above is None:
        return at(seen, "a colon where no key can stand", QUOTES)
    indent = len(before) - len(before.lstrip())
    written = KEY.match(seen.lines[above])
    if written is None:
        return _no_colon(seen.lines, above)
    if (dashed := _no_blank_after_dash(seen.lines, above)) is not None:
        return dashed
    wanted = written.start("key")
    message = f"the key is indented by {indent}, and the line above has a value already"
    return indented(seen, message, f"indent it by {wanted} to stand beside `{written['key'].strip()}`")


def simple_key(seen: Seen) -> Mistake:
    """A line without `: `: the blank after the colon is forgotten, or the colon is."""
    return _no_colon(seen.lines, seen.start[0])


def expected_key(seen: Seen) -> Mistake | None:
    """Stopped where a key should be: the line is indented as no other, or goes on behind a quote or a bracket."""
    before = seen.here[: seen.column]
    if before.strip():
        return _behind(seen, before.rstrip())
    if seen.sign == ":":
        return at(seen, "nothing stands before the colon", "write a key: `KEY: value`")
    if seen.item and seen.column <= seen.start[1]:
        hint = "indent it below the key that it belongs to"
        above = seen.above()
        alike = above is not None and prefix(seen.lines[above]) == seen.column
        hint += f", or begin line {above + 1} with `- ` too" if above is not None and alike else ""
        return at(seen, "an item of a list among keys", hint)
    return _item(seen) if seen.item else _key(seen)


def expected_item(seen: Seen) -> Mistake:
    """A key stands where the items of a list do, or an item beside those of another list."""
    if seen.item:
        return _item(seen)
    hint = f"indent it by {seen.start[1] + 2} if it belongs to the item above, or begin it with `- `"
    return indented(seen, "a key stands where the items of a list begin", hint)


def _item(seen: Seen) -> Mistake:
    """An item whose list has its items elsewhere."""
    beside = [block.column for block in seen.open() if not block.key]
    wanted = min(beside, key=lambda column: abs(column - seen.column), default=seen.start[1])
    message = f"the item is indented by {seen.column}, those above by {wanted}"
    return indented(seen, message, f"indent it by {wanted}")


def _key(seen: Seen) -> Mistake:
    """A key of no block: it may stand beside one of each block that is open above."""
    beside = [block for block in seen.open() if block.key and block.column != seen.column]
    nearest = sorted(beside, key=lambda block: abs(block.column - seen.column))[:2]
    hint = ", or ".join(f"by {block.column} to stand beside `{block.key}`" for block in nearest)
    message = f"the line is indented by {seen.column}, as no open block above is"
    return indented(seen, message, f"indent it {hint}" if hint else QUOTES)


def _no_blank_after_dash(lines: list[str], line: int) -> Mistake | None:
    text = value(lines[line])
    found = _DASHED.match(text)
    if found is None:
        return None
    hint = f"write `- {short(text[found.end() :])}`"
    return Mistake(line + 1, found.end(), "no blank after the dash", hint, len(text) - found.end() + 1)


def _no_colon(lines: list[str], line: int) -> Mistake:
    if (dashed := _no_blank_after_dash(lines, line)) is not None:
        return dashed
    text = value(lines[line])
    begin = prefix(text)
    words = text[begin:]
    if found := re.match(r"([\w.-]+) *:(?=\S)", words):
        right = f"{found[1]}: {words[found.end() :]}"
        return Mistake(line + 1, begin + found.end(), "no blank after the colon", f"write `{short(right)}`")
    if found := re.match(r"([\w.-]+) *=+ *(?=\S)", words):
        right = f"{found[1]}: {words[found.end() :]}"
        column = begin + words.index("=") + 1
        return Mistake(line + 1, column, "`=` stands where a colon should", f"write `{short(right)}`")
    hint = f"write `{short(words)}: ...`; a text of several lines is indented deeper than its key"
    return Mistake(line + 1, begin + 1, f"no colon after `{short(words)}`", hint, max(1, len(words)))


def _behind(seen: Seen, before: str) -> Mistake | None:
    """Text goes on behind what was closed, such as by a quote that is part of the text."""
    quote = before[-1]
    if quote in "'\"":
        other, inside = ("double", "twice: ''") if quote == "'" else ("single", 'as \\"')
        hint = f"put the whole in {other} quotes, or write the quote inside {inside}"
        return at(seen, "text goes on after the closing quote", hint)
    if (sign := seen.sign) and sign in "]}":
        return at(seen, f"`{sign}` closes nothing", "remove it")
    return at(seen, f"text goes on after `{quote}`", "put the whole in quotes, or begin a new line")
