"""What is wrong, where, and what would be right: data first, text second."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from mlops.synonyms import meant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pydantic import ValidationError

# A line break in a value could begin a line of its own, such as `::error::`, which GitHub obeys.
_UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
    r"\U000e0000-\U000e007f]"
)


_COMMAND = re.compile(r"^(\s*)::", re.MULTILINE)


class Position(NamedTuple):
    """A place in a file of the repository; lines and columns count from 1.

    A tuple, because there is one for every key and value of every file, and a tuple is made three times as fast.
    """

    file: str
    line: int = 1
    column: int = 1
    length: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


def inside(position: Position, text: str, part: tuple[int, int]) -> Position:
    """Place a part of a text: where its file has it letter by letter, plain or in quotes; else the whole.

    >>> [str(inside(Position("a.yaml", 3, 8, length), "a + bc", (4, 2))) for length in (6, 8, 7)]
    ['a.yaml:3:12', 'a.yaml:3:13', 'a.yaml:3:8']
    """
    quotes = position.length - len(text)
    if quotes not in (0, 2):
        return position
    start, length = part
    return position._replace(column=position.column + start + quotes // 2, length=length)


@dataclass(frozen=True, order=True)
class Diagnostic:
    """One finding; `hint` says what would be right, `rule` is its id."""

    position: Position
    message: str
    hint: str = ""
    rule: str = "syntax"
    severity: str = "error"


class Slip(NamedTuple):
    """One thing that pydantic says of a value: the dotted key, its kind of error, its sentence."""

    key: str
    kind: str
    message: str


def slips(error: ValidationError) -> tuple[Slip, ...]:
    """List what pydantic says, for whoever has no file to point into."""
    found = error.errors(include_url=False)
    return tuple(Slip(".".join(map(str, each["loc"])), each["type"], each["msg"]) for each in found)


def nearest(word: str, options: Iterable[str]) -> str | None:
    """Give the option that was probably meant, whatever its case; None where none is like it.

    >>> nearest("AUC", ["auroc", "f1"]), nearest("zzz", ["auroc", "f1"])
    ('auroc', None)
    """
    known = list(options)
    near = difflib.get_close_matches(word.casefold(), {name.casefold() for name in known}, n=1, cutoff=0.6)
    alike = [name for name in known if near and name.casefold() == near[0]]
    return next(iter(difflib.get_close_matches(word, alike, n=1, cutoff=0.0)), None)


def suggest(word: str, options: Iterable[str]) -> str:
    """Name the option that is meant, and the others: "did you mean `a`? also there: b, c".

    >>> suggest("fr", ["fra", "b"]), suggest("learning_rate", ["lr", "depth"])
    ('did you mean `fra`? also there: b', 'did you mean `lr`? also there: depth')
    """
    known = sorted(set(options))
    if not known:
        return ""
    near = meant(word, known) or nearest(word, known)
    others = ", ".join(name for name in known if name != near)
    if near is None:
        return f"one of: {others}"
    return f"did you mean `{near}`?" + (f" also there: {others}" if others else "")


def visible(text: str) -> str:
    r"""Spell out characters that would begin a line, move a cursor or turn the reading direction.

    What a runner of GitHub's obeys anywhere in a line is taken apart.

    >>> visible("a\nb"), visible("x ##[add-mask]y")
    ('a\\nb', 'x # #[add-mask]y')
    """
    return _UNSEEN.sub(lambda match: match.group().encode("unicode_escape").decode(), text).replace("##[", "# #[")


def inert(text: str) -> str:
    r"""Take apart what a runner of GitHub's would obey in a text of several lines, as a job's log shows it.

    `::command::` begins a line, `##[command]` stands anywhere in one.
    https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs

    >>> inert("a:\n  ::set-output name=x::1")
    'a:\n  : :set-output name=x::1'
    """
    return _COMMAND.sub(r"\1: :", text).replace("##[", "# #[")


def render(diagnostics: Iterable[Diagnostic], sources: Mapping[str, str]) -> str:
    """Print findings sorted by place, each with its source line and a caret, and a count at the end.

    What a pull request wrote must not act on a terminal or on a job's log: all of it is made `visible`.
    """
    found = sorted(set(diagnostics))
    files = {diagnostic.position.file for diagnostic in found}
    lines = {file: sources.get(file, "").splitlines() for file in files}
    blocks = [_block(diagnostic, lines[diagnostic.position.file]) for diagnostic in found]
    count = f"{len(found)} {_plural('problem', len(found))} in {len(files)} {_plural('file', len(files))}"
    return "\n".join([*blocks, count])


def _block(diagnostic: Diagnostic, source: Sequence[str]) -> str:
    position = diagnostic.position
    prefix = "" if diagnostic.severity == "error" else f"{diagnostic.severity}: "
    lines = [f"{visible(str(position))}: {prefix}{visible(diagnostic.message)} [{diagnostic.rule}]"]
    if 1 <= position.line <= len(source):
        line = visible(source[position.line - 1].replace("\t", " "))[:160]
        gutter = f"{position.line:>3} | "
        lines.append(gutter + line)
        if position.column <= len(line) + 1:
            width = max(1, min(position.length, len(line) - position.column + 1))
            lines.append(" " * (len(gutter) - 2) + "| " + " " * (position.column - 1) + "^" * width)
    if diagnostic.hint:
        lines.append(f"  {visible(diagnostic.hint)}")
    return "\n".join(lines)


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun}s"
