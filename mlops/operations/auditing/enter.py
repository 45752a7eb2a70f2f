"""`mlops enter`, and what each verb that decides something does by itself: the entries of it, written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from mlops.configuration.project import Project
from mlops.files.canonical import digest
from mlops.files.exchange import exchange
from mlops.ledger.decided import Decided, Read, decided, documents_of, since
from mlops.ledger.entering import Files, entering
from mlops.ledger.entry import MODEL
from mlops.ledger.line import Line
from mlops.operations.auditing.named import named_at, places_here
from mlops.operations.auditing.shelf import Lines, lines_at, lines_here, read_plain, read_within
from mlops.operations.auditing.start import merged_once, start_of
from mlops.operations.git import files_at
from mlops.operations.live.releases import environments
from mlops.operations.project import open_project


def enter(root: Path, name: str, *places: str) -> tuple[str, ...]:
    """Write the entries of all that is decided of a pipeline, in some places or in all; give the files that changed.

    Raises:
        ConfigurationError: there is no such pipeline.
        InfrastructureError: Git cannot tell what the main line has.
    """
    files = due(root, name, *places)
    exchange(root, files)
    return tuple(sorted(files))


def enter_verdict(root: Path, name: str) -> tuple[str, ...]:
    """Write the entry of the last run's verdict where there is none: Git is asked only then, a thousand runs over."""
    line = lines_here(root, name).get(MODEL)
    whole = line is not None and not line.damage
    if whole and all(item.entered(line) for item in decided(name, MODEL, reading(root)) if line is not None):
        return ()
    return enter(root, name, MODEL)


def due(
    root: Path,
    name: str,
    *places: str,
    changed: Mapping[str, str] | None = None,
    more: Iterable[Decided] = (),
) -> Files:
    """Plan the entries of all that is decided of a pipeline, in some places or in all.

    `changed` are files as they are going to be, `more` what no file says by itself.
    """
    project = open_project(root)[1]
    here = lines_here(root, name)
    read = reading(root, changed or {})
    start, tips = start_of(root, project.ci.branch)
    if not places:
        then = named_at(root, start).get(name, ()) if start is not None else ()
        places = tuple(dict.fromkeys((*all_places(root, project, name, here), *then)))
    wanted = {place: [*decided(name, place, read)] for place in places}
    for item in more:
        wanted[item.place].append(item)
    base = {} if start is None else lines_at(root, start, [name])[name]
    before = {} if start is None else files_at(root, start, documents_of(name, tuple(wanted)))
    kept = [lines_at(root, tip, [name])[name] for tip in tips if tip != start]
    files: Files = {}
    for place, items in wanted.items():
        empty = Line(name, place)
        line = here.get(place, empty)
        now = since(items, decided(name, place, before.get))
        names = {entry for lines in kept if place in lines for entry in lines[place].entries}
        files |= entering(line, base.get(place, empty), (*now, *retrained(root, line)), names)
    dropped = [path for path, data in files.items() if data is None]
    merged = merged_once(root, start, dropped) if start is not None and dropped else frozenset[str]()
    return {path: data for path, data in files.items() if path not in merged}


def all_places(root: Path, project: Project, name: str, lines: Lines) -> tuple[str, ...]:
    """List the places of a pipeline's ledger: its model, each environment, and what has entries or a file already."""
    known = (MODEL, *environments(root, project), *(place for place in lines if place), *places_here(root, name))
    return tuple(dict.fromkeys(known))


def reading(root: Path, changed: Mapping[str, str] | None = None) -> Read:
    """Read the work tree, but for files as they are going to be."""

    def read(path: str) -> bytes | None:
        if changed is not None and path in changed:
            return changed[path].encode()
        return read_plain(root / path)

    return read


def retrained(root: Path, line: Line) -> Iterator[Decided]:
    """Give the retrainings of a line whose rows are still those that it names."""
    for entry in line.entries.values():
        if entry.kind == "retraining" and entry.documents:
            found = {file: read_within(root, file) for file in entry.documents}
            if {file: data and digest(data) for file, data in found.items()} == entry.documents:
                yield Decided("retraining", MODEL, entry.subject, None, entry.documents)
