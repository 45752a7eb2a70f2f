"""What is wrong with a ledger, as findings: of the work tree alone, or of a change since a commit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mlops.configuration.project import Project
from mlops.diagnostics import Diagnostic, Position
from mlops.ledger.decided import GATE, STATEMENT, Read, decided, documents_of
from mlops.ledger.faults import Fault, faults, faults_since
from mlops.ledger.line import ENDING, Line
from mlops.operations.auditing.enter import all_places, reading, retrained
from mlops.operations.auditing.named import named_at
from mlops.operations.auditing.shelf import Lines, lines_at, lines_here
from mlops.operations.auditing.start import merge_base, merged_once
from mlops.operations.git import files_at


def faults_here(root: Path, project: Project, name: str) -> Iterator[Fault]:
    """Find what is wrong with a pipeline's ledger as it lies in the work tree."""
    lines, read = lines_here(root, name), reading(root)
    yield from linked(root, name)
    for place in (*all_places(root, project, name, lines), *([""] if "" in lines else [])):
        yield from faults(lines.get(place, Line(name, place)), decided(name, place, read) if place else ())


def linked(root: Path, name: str) -> Iterator[Fault]:
    """Find reports that are links: who follows none reads no verdict there, and asks for no entry of one."""
    for file in (GATE, STATEMENT):
        path = f"pipelines/{name}/{file}"
        if (root / path).parent.is_symlink() or (root / path).is_symlink():
            yield Fault(path, "is a symbolic link, and Git follows none", hint="put the file or folder itself there")


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
    then, named = lines_at(root, start, known), named_at(root, start)
    places = {
        name: (*all_places(root, project, name, {**then[name], **lines_here(root, name)}), *named.get(name, ()))
        for name in known
    }
    before = files_at(root, start, [path for name in known for path in documents_of(name, places[name])])
    for name in known:
        change = _Change(root, name, start, then[name], before.get)
        yield from (_diagnostic(name, fault) for fault in change.faults(dict.fromkeys(places[name])))


def hint_of(name: str, fault: Fault) -> str:
    """Say what to type."""
    if fault.hint:
        return fault.hint
    repair = " --repair" if fault.lost else ""
    return f"mlops enter {name}{repair}, then git add -A pipelines/{name}/ledger, and commit it"


@dataclass(frozen=True)
class _Change:
    """What became of a pipeline's ledger since a commit, which had `lines` and the files that `before` reads."""

    root: Path
    name: str
    commit: str
    lines: Lines
    before: Read

    def faults(self, places: Iterable[str]) -> Iterator[Fault]:
        here, read = lines_here(self.root, self.name), reading(self.root)
        for place in places:
            line, base = (some.get(place, Line(self.name, place)) for some in (here, self.lines))
            now = (*decided(self.name, place, read), *retrained(self.root, line))
            then = decided(self.name, place, self.before)
            if any(faults_since(line, base, now, then)):
                merged = merged_once(self.root, self.commit, [line.folder])
                once = {path.rpartition("/")[2].removesuffix(ENDING) for path in merged}
                yield from faults_since(line, base, now, then, once)


def _diagnostic(name: str, fault: Fault) -> Diagnostic:
    return Diagnostic(Position(fault.file), f"{fault.file} {fault.what}", hint_of(name, fault), "ledger")
