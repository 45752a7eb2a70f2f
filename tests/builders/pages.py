"""A page of docs/ as somebody who types it top to bottom: its commands, the files it writes, and why some are not run.

What a page says to this reader stands in comments that nobody else sees:

- `<!-- begins: ran -->`: what follows is typed in a repository of tests/builders/begun.py, made anew;
- `<!-- not run: WHY -->` above a block, and `<!-- page not run: WHY -->`;
- `<!-- run by: tests/... -->` above a block, and `<!-- page run by: tests/... -->`, where another test types it.

A block of `sh` is typed line by line; one of `console` shows what is printed too, where `...` is anything. A command
ends with 0, or as a comment behind it says: `# ends with 2`. A block whose first line is a comment with a path is a
file: of YAML, what is written is put into the file that is there; anything else is the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

SHELLS = ("sh", "bash", "console", "shell")
_BLOCK = re.compile(r"^( *)```(\w+)([^\n]*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_SAID = re.compile(r"<!-- (begins|not run|run by|page not run|page run by): (.*?) -->")
_FILE = re.compile(r"# ((?:conf|pipelines)/[\w./-]+)$")
_ENDS = re.compile(r"# ends with (\d+)\b")


@dataclass(frozen=True)
class Command:
    """A line to type, how it ends, and what it prints; nothing said of that where it is empty."""

    line: str
    code: int
    shown: tuple[str, ...]


@dataclass(frozen=True)
class Block:
    """A block of a page that is typed, or written into a file."""

    number: int
    """The line that it begins in."""
    language: str
    text: str
    begins: str
    """The repository that it needs, made anew by the first block that says so."""
    anew: bool
    excuse: str
    """Why it is not run, or which other test runs it."""

    @property
    def file(self) -> str:
        """The path that it is to be written to; nothing where it is typed."""
        found = _FILE.match(self.text.partition("\n")[0]) if self.language not in SHELLS else None
        return found[1] if found else ""

    @property
    def content(self) -> str:
        """What the file holds: all but the line that names it."""
        return self.text.partition("\n")[2] + "\n"

    @property
    def commands(self) -> Iterator[Command]:
        """What is typed, line by line."""
        if self.language != "console":
            for line in filter(None, self.text.replace("\\\n", " ").splitlines()):
                if not line.startswith("#"):
                    yield _command(line, ())
            return
        for part in re.split(r"^\$ ", self.text, flags=re.MULTILINE)[1:]:
            line, _, shown = part.partition("\n")
            yield _command(line, tuple(shown.splitlines()))


def _command(line: str, shown: tuple[str, ...]) -> Command:
    found = _ENDS.search(line)
    return Command(line, int(found[1]) if found else 0, shown)


def blocks(page: Path) -> list[Block]:
    """Read what of a page is typed or written, in its order, and what is left out with its reason."""
    text = page.read_text()
    made: list[Block] = []
    begins, anew, whole, ended = "", False, "", 0
    for found in _BLOCK.finditer(text):
        above = text[ended : found.start()]
        ended = found.end()
        excuse = whole
        for comment in _SAID.finditer(above):
            what, why = comment.groups()
            if what == "begins":
                begins, anew = why, True
            elif what.startswith("page "):
                whole = excuse = _excuse(what.removeprefix("page "), why)
            elif above[comment.end() :].strip() == "":
                excuse = _excuse(what, why)
        spaces, language, _, inner = found.groups()
        number = text.count("\n", 0, found.start()) + 1
        lines = "\n".join(line.removeprefix(spaces) for line in inner.splitlines())
        block = Block(number, language, lines, begins, anew and not excuse, excuse)
        if language in SHELLS or block.file:
            made.append(block)
            anew = anew and bool(excuse)
    return made


def _excuse(what: str, why: str) -> str:
    return f"{what}: {why}"


def matches(wanted: tuple[str, ...], printed: list[str]) -> bool:
    """Whether lines are what a page shows: `...` is anything in a line, and any lines where it stands alone."""
    if not wanted:
        return not printed
    first, *rest = wanted
    if first.strip() == "...":
        return any(matches(tuple(rest), printed[skipped:]) for skipped in range(len(printed) + 1))
    pattern = ".*".join(re.escape(part.strip()) for part in first.split("..."))
    return bool(printed) and re.fullmatch(pattern, printed[0].strip()) is not None and matches(tuple(rest), printed[1:])


def pages() -> list[str]:
    """List the pages, by their paths."""
    return ["README.md", *sorted(str(page.relative_to(ROOT)) for page in (ROOT / "docs").rglob("*.md"))]


def beside(one: Any, more: Any) -> Any:
    """Put keys into a mapping, as a person would who adds them."""
    if not isinstance(one, dict) or not isinstance(more, dict):
        return more
    return {**one, **{key: beside(one.get(key), value) for key, value in more.items()}}
