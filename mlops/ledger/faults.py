"""What is wrong with a folder as it stands, and with what a change does to it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from mlops.ledger.decided import Decided, since
from mlops.ledger.entering import follows
from mlops.ledger.entry import states_of
from mlops.ledger.line import ENDING, Damage, Line


@dataclass(frozen=True)
class Fault:
    """Something wrong with a ledger: the file that it is about, and what is wrong; `lost`: only a repair mends it.

    `hint` is what to do where no entry mends it.
    """

    file: str
    what: str
    lost: bool = False
    hint: str = ""


def faults(here: Line, decided: Collection[Decided]) -> Iterator[Fault]:
    """Find what is damaged, and what is decided and has no entry.

    A folder that was never begun asks for none: from what lies there nobody can tell whether that was decided before
    there was a ledger. A change can be told, by `faults_since`.
    """
    yield from (_of(here, item) for item in here.damage)
    if here:
        for item in decided:
            if not item.entered(here):
                yield Fault(here.folder, f"has no entry of {item.told}")


def faults_since(
    here: Line,
    base: Line,
    decided: Collection[Decided],
    before: Collection[Decided],
    once: Collection[str] = (),
) -> Iterator[Fault]:
    """Find what a change does wrong, beside what is wrong with what it leaves.

    What it decides has an entry, also where that is the first of its folder, and also where it takes away what was
    released before there was a ledger.

    `decided` is what files say now, `before` what they say at the base, whose entries are `base`; `once` are entries
    that the main line had and lost: a change may bring them back.
    """
    broken = {item.name for item in here.broken}
    for name in sorted(base.entries.keys() - here.entries.keys() - broken):
        yield Fault(f"{here.folder}/{name}{ENDING}", "is gone, and the main line has it")
    own = {name: entry for name, entry in here.entries.items() if name not in {*base.entries, *base.gone, *once}}
    known, same = {item.key for item in decided}, {item.key for item in before}
    made = {entry.decision for entry in own.values()}
    for name, entry in sorted(own.items()):
        file = f"{here.folder}/{name}{ENDING}"
        if not follows(entry, base):
            yield Fault(file, "names other entries than the newest that the main line had")
        if entry.kind == "repair" and (found := sorted(set(entry.lost) & base.entries.keys())):
            yield Fault(file, f"says that {found[0][:12]}… is lost, and the main line has it")
        if entry.kind != "repair" and entry.decision not in known:
            yield Fault(file, f"is of a {entry.kind} that no file says")
    for item in since(decided, before):
        if item.key in same or item.key in made:
            continue
        if not here and not item.entered(here):
            yield Fault(here.folder, f"has no entry of {item.told}")
        elif here and states_of(item.kind) and item.entered(here):  # else it is told already
            yield Fault(here.folder, f"has no entry of {item.told} that this change brings")


def _of(line: Line, item: Damage) -> Fault:
    return Fault(f"{line.folder}/{item.file}".replace("//", "/"), item.what, lost=True)
