"""What is wrong, where, and what would be right: data first, text second."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, order=True)
class Position:
    """A place in a file of the repository; lines and columns count from 1."""

    file: str
    line: int = 1
    column: int = 1
    length: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, order=True)
class Diagnostic:
    """One finding; `hint` says what would be right, `rule` is its id."""

    position: Position
    message: str
    hint: str = ""
    rule: str = "syntax"
    severity: str = "error"


def suggest(word: str, options: Iterable[str]) -> str:
    """Name the nearest option and the others: "did you mean `a`? also there: b, c"."""
    known = sorted(set(options))
    if not known:
        return ""
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    others = ", ".join(name for name in known if name not in near)
    if not near:
        return f"one of: {others}"
    return f"did you mean `{near[0]}`?" + (f" also there: {others}" if others else "")


def render(diagnostics: Iterable[Diagnostic], sources: Mapping[str, str]) -> str:
    """Print findings sorted by place, each with its source line and a caret, and a count at the end."""
    found = sorted(set(diagnostics))
    blocks = [_block(diagnostic, sources) for diagnostic in found]
    files = len({diagnostic.position.file for diagnostic in found})
    count = f"{len(found)} {_plural('problem', len(found))} in {files} {_plural('file', files)}"
    return "\n".join([*blocks, count])


def _block(diagnostic: Diagnostic, sources: Mapping[str, str]) -> str:
    position = diagnostic.position
    prefix = "" if diagnostic.severity == "error" else f"{diagnostic.severity}: "
    lines = [f"{position}: {prefix}{diagnostic.message} [{diagnostic.rule}]"]
    text = sources.get(position.file, "").splitlines()
    if 1 <= position.line <= len(text):
        source = text[position.line - 1].replace("\t", " ")[:160]
        gutter = f"{position.line:>3} | "
        lines.append(gutter + source)
        if position.column <= len(source) + 1:
            width = max(1, min(position.length, len(source) - position.column + 1))
            lines.append(" " * (len(gutter) - 2) + "| " + " " * (position.column - 1) + "^" * width)
    if diagnostic.hint:
        lines.append(f"  {diagnostic.hint}")
    return "\n".join(lines)


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun}s"
