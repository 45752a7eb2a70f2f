"""`mlops enter --repair`: what is damaged put back as Git has it; what is gone for good named in an entry."""

from __future__ import annotations

from pathlib import Path

from mlops.app.auditing.enter import due
from mlops.app.auditing.shelf import lines_at, lines_here
from mlops.app.auditing.start import start_of
from mlops.app.git import files_at, git
from mlops.app.project import open_project
from mlops.files.exchange import exchange
from mlops.ledger.entering import Files
from mlops.ledger.entry import Entry, name_of
from mlops.ledger.line import ENDING, Line


def repair(root: Path, name: str) -> tuple[str, ...]:
    """Mend a pipeline's ledger, enter what is decided, and give the files that changed.

    What no commit of the main line has as it was written is named by an entry of its own, so that it is seen in
    review, and is no fault from then on.

    Raises:
        ConfigurationError: there is no such pipeline.
        InfrastructureError: Git cannot tell what the main line has.
    """
    start = start_of(root, open_project(root, name)[1].ci.branch)[0]
    base = {} if start is None else lines_at(root, start, [name])[name]
    files: Files = {}
    for place, line in lines_here(root, name).items():
        if place:
            files |= _mended(root, line, base.get(place, Line(name, place)))
    exchange(root, files)
    entered = due(root, name)
    exchange(root, entered)
    return tuple(sorted({*files, *entered}))


def _mended(root: Path, line: Line, base: Line) -> Files:
    files: Files = {f"{line.folder}/{item.file}": None for item in line.broken}
    lost: set[str] = set()
    for name in {item.name for item in line.damage if item.name}:
        path = f"{line.folder}/{name}{ENDING}"
        data = _as_written(root, path, name)
        lost |= {name} if data is None else set()
        files |= {} if data is None else {path: data}
    if lost:
        made = Entry(
            kind="repair", pipeline=line.pipeline, place=line.place, parents=base.tips, lost=tuple(sorted(lost))
        )
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
