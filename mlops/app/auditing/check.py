"""What is wrong with a ledger, as findings: of the work tree alone, or of a change since a commit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from mlops.app.auditing.enter import all_places, reading, retrained
from mlops.app.auditing.shelf import Lines, lines_at, lines_here
from mlops.app.auditing.start import merge_base, merged_once
from mlops.app.git import files_at
from mlops.diagnostics import Diagnostic, Position
from mlops.ledger.decided import decided, documents_of
from mlops.ledger.faults import Fault, faults, faults_since
from mlops.ledger.line import ENDING, Line
from mlops.spec.project import Project


def faults_here(root: Path, project: Project, name: str) -> Iterator[Fault]:
    """Find what is wrong with a pipeline's ledger as it lies in the work tree."""
    lines, read = lines_here(root, name), reading(root)
    for place in (*all_places(root, project, name, lines), *([""] if "" in lines else [])):
        yield from faults(lines.get(place, Line(name, place)), decided(name, place, read) if place else ())


def unentered(root: Path, project: Project, names: Iterable[str], base: str | None = None) -> Iterator[Diagnostic]:
    """Find what is wrong with ledgers, and what a change since a commit does wrong to them.

    Raises:
        InfrastructureError: Git cannot tell what that commit has.
    """
    known = tuple(names)
    for name in known:
        yield from (_diagnostic(name, fault) for fault in faults_here(root, project, name))
    if base is None:
        return
    start = merge_base(root, base, "HEAD") or base
    for name, lines in lines_at(root, start, known).items():
        yield from (_diagnostic(name, fault) for fault in _since(root, project, name, start, lines))


def hint_of(name: str, fault: Fault) -> str:
    """Say what to type."""
    repair = " --repair" if fault.lost else ""
    return f"mlops enter {name}{repair}, then git add -A pipelines/{name}/ledger, and commit it"


def _since(root: Path, project: Project, name: str, commit: str, lines: Lines) -> Iterator[Fault]:
    here, read = lines_here(root, name), reading(root)
    places = all_places(root, project, name, {**lines, **here})
    before = files_at(root, commit, documents_of(name, places))
    for place in places:
        line, base = (some.get(place, Line(name, place)) for some in (here, lines))
        now, then = (*decided(name, place, read), *retrained(root, line)), decided(name, place, before.get)
        if any(faults_since(line, base, now, then)):
            merged = merged_once(root, commit, [line.folder])
            once = {path.rpartition("/")[2].removesuffix(ENDING) for path in merged}
            yield from faults_since(line, base, now, then, once)


def _diagnostic(name: str, fault: Fault) -> Diagnostic:
    return Diagnostic(Position(fault.file), f"{fault.file} {fault.what}", hint_of(name, fault), "ledger")
