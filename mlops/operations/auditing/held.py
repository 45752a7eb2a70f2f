"""The judge's own look at a ledger: the verdict that it makes again is the one that was entered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mlops.errors import IntegrityError
from mlops.ledger.decided import decided, documents_of
from mlops.ledger.entry import MODEL
from mlops.ledger.faults import Fault, faults
from mlops.ledger.line import ENDING, Line
from mlops.operations.auditing.check import hint_of, linked
from mlops.operations.auditing.enter import reading
from mlops.operations.auditing.shelf import lines_at, lines_here
from mlops.operations.auditing.start import merge_base
from mlops.operations.git import commit_of, files_at


def hold_entered(root: Path, name: str, base: str) -> None:
    """Refuse a verdict that was not entered, and a ledger of the model from which something is gone since a commit.

    A verdict that is the base's is asked for an entry only where a ledger was begun; one that moved always is.

    Raises:
        IntegrityError: with all that is wrong.
        InfrastructureError: Git cannot tell what that commit has.
    """
    found = list(_faults(root, name, commit_of(root, base)))
    if found:
        listed = "".join(f"\n  {fault.file} {fault.what}" for fault in found[:20])
        raise IntegrityError(f"{name}: the ledger does not hold{listed}", hint=hint_of(name, found[0]))


def _faults(root: Path, name: str, base: str) -> Iterator[Fault]:
    empty = Line(name, MODEL)
    here, start = lines_here(root, name), merge_base(root, base, "HEAD") or base
    line, before = here.get(MODEL, empty), lines_at(root, start, [name])[name].get(MODEL, empty)
    now, then = (
        decided(name, MODEL, read) for read in (reading(root), files_at(root, start, documents_of(name, ())).get)
    )
    yield from linked(root, name)
    yield from faults(here.get("", empty), ())
    yield from faults(line, now)
    for entry in sorted(before.entries.keys() - line.entries.keys() - {item.name for item in line.broken}):
        yield Fault(f"{line.folder}/{entry}{ENDING}", "is gone, and the main line has it")
    made = {line.entries[entry].decision for entry in line.entries.keys() - before.entries.keys()}
    for item in now:
        moved = item.kind == "verdict" and item.key not in {one.key for one in then} | made
        if moved and (not line or item.entered(line)):  # else it is told already
            yield Fault(line.folder, f"has no entry of {item.told}")
