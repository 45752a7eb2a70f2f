"""What must be written, and what taken away, so that a folder has an entry of everything that is decided."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from mlops.ledger.decided import Decided
from mlops.ledger.entry import Entry, states_of
from mlops.ledger.line import ENDING, Line

Files = dict[str, bytes | None]
"""Files by their paths from the root; None takes one away."""


def entering(here: Line, base: Line, decided: Iterable[Decided], kept: Collection[str] = ()) -> Files:
    """Plan a folder: `here` as it stands, `base` as the main line has it where this change began.

    An entry of this change, one that the base lacks, is written anew where another decision took its place: only what
    is merged is never touched. `kept` are names that the main line has by now. What is damaged is put back as the base
    has it.
    """
    wanted = list(decided)
    merged = {*base.entries, *base.gone, *kept}  # an entry that the base names and lacks was merged once
    own = {name: entry for name, entry in here.entries.items() if name not in merged}
    entries = list(_left(own, base, wanted))
    entries += _new(entries, base.with_entries(here.entries.keys() & set(kept), here), base, wanted)
    files: Files = {here.file_of(entry): entry.data for name, entry in base.entries.items() if name not in here.entries}
    made = {here.file_of(entry): entry.data for entry in entries}
    files |= {here.file_of(entry): None for name, entry in own.items() if here.file_of(entry) not in made}
    files |= {
        f"{here.folder}/{item.file}": None
        for item in here.broken
        if item.name and item.name not in base.entries and item.name not in {one.name for one in base.broken}
    }
    files |= {path: data for path, data in made.items() if path.rpartition("/")[2].removesuffix(ENDING) not in own}
    return files


def _left(own: dict[str, Entry], base: Line, wanted: Collection[Decided]) -> Iterable[Entry]:
    """Give the entries of this change that stand: those of a decision that holds, after what the base has."""
    keys = {item.key for item in wanted if not (states_of(item.kind) and item.entered(base))}
    for entry in own.values():
        if entry.kind not in ("retraining", "repair") and entry.decision not in keys:
            continue
        yield entry if follows(entry, base) else entry.following(base.tips)


def _new(entries: Collection[Entry], there: Line, base: Line, wanted: Iterable[Decided]) -> Iterable[Entry]:
    decided = {entry.decision for entry in entries}
    for item in wanted:
        if item.key not in decided and not item.entered(there):
            decided.add(item.key)
            yield item.entry(base)


def follows(entry: Entry, base: Line) -> bool:
    """Whether an entry names what may have been the newest of a line at some time: none of them comes after another."""
    parents = set(entry.parents)
    if not parents:
        return not base.entries
    if not parents <= base.entries.keys() | base.lost:
        return False
    before: set[str] = set()
    waiting = [name for parent in parents & base.entries.keys() for name in base.entries[parent].parents]
    while waiting:
        name = waiting.pop()
        if name not in before and name in base.entries:
            before.add(name)
            waiting += base.entries[name].parents
    return not parents & before
