"""`mlops enter --repair`: what is damaged put back as Git has it; what is gone for good named in an entry."""

from __future__ import annotations

import re
from pathlib import Path

from mlops.files.canonical import digest_json
from mlops.files.exchange import exchange
from mlops.ledger.course import course
from mlops.ledger.entering import Files
from mlops.ledger.entry import Entry, name_of
from mlops.ledger.line import ENDING, Line
from mlops.operations.auditing.enter import due
from mlops.operations.auditing.past import steps_of
from mlops.operations.auditing.shelf import Lines, lines_at, lines_here
from mlops.operations.auditing.start import start_of
from mlops.operations.git import files_at, git
from mlops.operations.project import open_project

_NAME = re.compile(r"[0-9a-f]{64}")
_LOST = re.compile(r"(sha256:)?[0-9a-f]{64}")


def repair(root: Path, name: str) -> tuple[str, ...]:
    """Mend a pipeline's ledger, enter what is decided, and give the files that changed.

    What no commit of the main line has as it was written is named by an entry of its own, so that it is seen in
    review, and is no fault from then on.

    Raises:
        InfrastructureError: Git cannot tell what the main line has.
    """
    start = start_of(root, open_project(root)[1].ci.branch)[0]
    base = {} if start is None else lines_at(root, start, [name])[name]
    files: Files = {}
    for place, line in lines_here(root, name).items():
        if place:
            files |= _mended(root, line, base.get(place, Line(name, place)))
    exchange(root, files)
    entered = due(root, name)
    exchange(root, entered)
    missed = {} if start is None else _missed(root, name, base)
    exchange(root, missed)
    return tuple(sorted({*files, *entered, *missed}))


def _missed(root: Path, name: str, bases: Lines) -> Files:
    """Name what only history shows: the newest entry cut, a decision that came and went without one."""
    files: Files = {}
    here = lines_here(root, name)
    for place, steps in steps_of(root, name).items():
        line, base = (lines.get(place, Line(name, place)) for lines in (here, bases))
        own = line.entries.keys() - base.entries.keys()
        brought = {digest_json(list(line.entries[entry].decision)) for entry in own}
        wrong = {item.key for item in course(name, place, steps).broken if _LOST.fullmatch(item.key)}
        lost = wrong - brought - line.entries.keys() - line.lost  # a file that was no entry is gone by now
        for key in sorted(lost):
            path = f"{line.folder}/{key}{ENDING}"
            if _NAME.fullmatch(key) and (data := _as_written(root, path, key)) is not None:
                files[path] = data
                lost -= {key}
        if lost and place:
            made = _lost(line, base.tips, lost)
            files[line.file_of(made)] = made.data
    return files


def _lost(line: Line, parents: tuple[str, ...], lost: set[str]) -> Entry:
    return Entry(kind="repair", pipeline=line.pipeline, place=line.place, parents=parents, lost=tuple(sorted(lost)))


def _mended(root: Path, line: Line, base: Line) -> Files:
    files: Files = {f"{line.folder}/{item.file}": None for item in line.broken}
    lost: set[str] = set()
    for name in {item.name for item in line.damage if item.name}:
        path = f"{line.folder}/{name}{ENDING}"
        data = _as_written(root, path, name)
        lost |= {name} if data is None else set()
        files |= {} if data is None else {path: data}
    if lost:
        made = _lost(line, base.tips, lost)
        files[line.file_of(made)] = made.data
    return files


def _as_written(root: Path, path: str, name: str) -> bytes | None:
    """Find an entry as it was written in some commit that is here."""
    listed = git(root, "log", "--all", "-m", "--diff-filter=AM", "--format=%H", "--", path)
    for commit in dict.fromkeys(listed.stdout.decode().split()):
        data = files_at(root, commit, [path]).get(path)
        if data is not None and name_of(data) == name:
            return data
    return None
