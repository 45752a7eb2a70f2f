"""A text that is no YAML, for whoever looks for the mistake in it: its lines, its blocks, and how to spell a cure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

KEY = re.compile(r"\s*(?:- +)*(?P<key>[^\s#'\"\[{&*!|>%@`-][^:#]*):(?P<gap> +)(?P<value>\S.*)$")
_BEGINS = re.compile(r"\s*(?:- +)*")
_OPENS = re.compile(r"(?P<items>\s*(?:- +)*)(?P<key>[^\s#'\"\[{&*!|>%@`-][^:#]*?) *:(?:\s|$)")
_TYPOGRAPHIC = "“”„‟‘’‚«»"
_SHOWN = 60


class Mistake(NamedTuple):
    """What is wrong, where (counted from 1), and what would be right."""

    line: int
    column: int
    message: str
    hint: str
    length: int = 1


class Block(NamedTuple):
    """A block that is open at a line: where its keys or its items stand, counted from 0; the key, none of an item."""

    column: int
    key: str


class Seen(NamedTuple):
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

    @property
    def item(self) -> bool:
        """Whether it stopped where an item of a list begins."""
        return re.match(r"-(\s|$)", self.here[self.column :]) is not None

    def text(self, line: int) -> str:
        """Give a line; an empty one behind the last."""
        return self.lines[line] if line < len(self.lines) else ""

    def above(self) -> int | None:
        """Find the last line before that is neither empty nor a comment."""
        told = (line for line in reversed(range(self.line)) if re.match(r"\s*[^\s#]", self.lines[line]))
        return next(told, None)

    def open(self) -> Iterator[Block]:
        """List the blocks of keys, and of items, that are open above, the innermost first."""
        left: float = float("inf")
        for line in reversed(self.lines[: self.line]):
            found = _OPENS.match(line)
            if found is not None and found.start("key") < left:
                left = found.start("key")
                yield Block(left, found["key"])
            if (begin := prefix(line, dashes=False)) < left and re.match(r"\s*-\s", line):
                left = begin
                yield Block(begin, "")


def at(seen: Seen, message: str, hint: str) -> Mistake:
    """Point at where libyaml stopped."""
    return Mistake(seen.line + 1, seen.column + 1, message, hint)


def indented(seen: Seen, message: str, hint: str) -> Mistake:
    """Point at the first word of the line."""
    words = seen.here.strip().split(" ")[0]
    return Mistake(seen.line + 1, prefix(seen.here, dashes=False) + 1, message, hint, max(1, len(words)))


def prefix(text: str, *, dashes: bool = True) -> int:
    """Count what stands before the first word of a line: blanks, and `dashes` of items."""
    found = _BEGINS.match(text)
    return found.end() if dashes and found is not None else len(text) - len(text.lstrip())


def value(text: str) -> str:
    """Leave a comment out, and blanks at the end."""
    return re.split(r"\s#", text, maxsplit=1)[0].rstrip()


def rest(text: str, column: int) -> str:
    """Give the text of a value from a column on, as far as the item of a list in brackets goes."""
    found = value(text[column:])
    flow = text[:column].count("[") + text[:column].count("{") > text[:column].count("]") + text[:column].count("}")
    return re.split(r"[,\]}]", found, maxsplit=1)[0].rstrip() or found[:1] if flow else found


def short(text: str) -> str:
    """Cut a text that is too long to be read twice."""
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def quoted(text: str) -> str:
    """Put a text into quotes, in place of those of a word processor.

    >>> quoted("a: b"), quoted("“a: b”")
    ('"a: b"', '"a: b"')
    """
    bare = text.strip(_TYPOGRAPHIC) if text[:1] in _TYPOGRAPHIC else text
    return single(short(bare)) if '"' in bare or "\\" in bare else f'"{short(bare)}"'


def single(text: str) -> str:
    """Put a text into single quotes."""
    return "'" + text.replace("'", "''") + "'"
