"""How a line came about: every commit of the main line that changed its folder or what is decided, held to the rules.

Order is that of the commits. What went wrong once stays named, and says how it was mended: by the same bytes brought
back, by an entry of the decision that came later, or by a repair that names it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from mlops.files.canonical import digest_json
from mlops.ledger.decided import Decided
from mlops.ledger.entry import Entry, states_of
from mlops.ledger.line import ENDING, Damage, Line


@dataclass(frozen=True)
class Step:
    """A commit: the files of the folder that it wrote, or took away where None, and what files say after it.

    `decided` is None where it changed none of those files. `known`: by then the pipeline had a ledger, of whatever
    place, so that what is decided has its entry also where that is the first of its folder.
    """

    commit: str
    files: Mapping[str, bytes | None] = field(default_factory=dict)
    decided: tuple[Decided, ...] | None = None
    known: bool = False


@dataclass(frozen=True)
class Wrong:
    """Something that a commit did to a line; `key` is what a repair names, `mended` the commit that mended it."""

    commit: str
    what: str
    key: str
    mended: str | None = None


@dataclass(frozen=True)
class Fork:
    """A commit whose entries come after others than the newest of then; `joined` is the one that names all of them."""

    commit: str
    joined: str | None = None


@dataclass(frozen=True)
class Course:
    """What became of a line: how many entries it has, its forks, and what went wrong."""

    place: str
    entries: int = 0
    forks: tuple[Fork, ...] = ()
    wrong: tuple[Wrong, ...] = ()

    @property
    def broken(self) -> tuple[Wrong, ...]:
        """What was not mended."""
        return tuple(item for item in self.wrong if item.mended is None)


def course(pipeline: str, place: str, steps: Iterable[Step]) -> Course:
    """Follow a line from its first commit to its last."""
    followed = _Followed(pipeline, place)
    for step in steps:
        followed.take(step)
    return Course(place, len(followed.there.names), tuple(followed.forks), tuple(followed.wrong))


def lost_of(item: Decided) -> str:
    """Name a decision that nobody entered, for a repair to name."""
    return digest_json(list(item.key))


class _Followed:
    def __init__(self, pipeline: str, place: str) -> None:
        self.pipeline, self.place = pipeline, place
        self.known: dict[str, Entry] = {}
        self.all, self.there = _Newest(), _Newest()
        self.newest: set[frozenset[str]] = set()
        self.said: set[tuple[str, ...]] = set()
        self.forks: list[Fork] = []
        self.wrong: list[Wrong] = []

    def take(self, step: Step) -> None:
        added: list[Entry] = []
        before, begun = frozenset(self.all.tips), bool(self.known)
        for file, data in sorted(step.files.items()):
            added += self._file(step.commit, file, data)
        for entry in added:
            self._after(step.commit, entry, before, begun=begun)
        for entry in added:
            self.all.add(entry)
            self._mend(step.commit, {*entry.lost, digest_json(list(entry.decision))})
        if added and self.forks and len(self.all.tips) == 1 and len(before) > 1:
            self.forks = [replace(fork, joined=fork.joined or step.commit) for fork in self.forks]
        if self.known:  # who comes after what was taken away reads what is left
            self.newest |= {frozenset(self.all.tips), frozenset(self.there.tips)}
        if step.decided is not None:
            self._decided(step.commit, step.decided, added, known=step.known or bool(self.known))

    def _file(self, commit: str, file: str, data: bytes | None) -> Iterator[Entry]:
        """Take in what became of a file; gives an entry that is new."""
        name = file.removesuffix(ENDING)
        if data is None:
            if name in self.there.names:
                self.there.remove(self.known[name])
                self._say(commit, f"took away {name[:12]}…, {self._what(name)}", name)
            self._mend(commit, {file})  # what was no entry may go
            return
        line = Line.of(self.pipeline, self.place, {file: data})
        for item in line.broken:
            self._broken(commit, item)
        for name, entry in line.entries.items():
            self._mend(commit, {name, file})
            self.there.add(entry)
            if name not in self.known:
                self.known[name] = entry
                yield entry

    def _broken(self, commit: str, item: Damage) -> None:
        if item.name in self.there.names:
            self.there.remove(self.known[item.name])
            self._say(commit, f"edited {item.name[:12]}…, {self._what(item.name)}", item.name)
        else:
            self._say(commit, f"brought {item.file[:80]}, which {item.what}", item.file)

    def _after(self, commit: str, entry: Entry, before: frozenset[str], *, begun: bool) -> None:
        parents = frozenset(entry.parents)
        if not (parents in self.newest if begun else not parents):
            what = f"brought {entry.name[:12]}…, the {entry.kind}, which comes after what was never the newest"
            self._say(commit, what, digest_json(["order", entry.name]))
        elif begun and parents != before and all(fork.commit != commit for fork in self.forks):
            self.forks.append(Fork(commit))

    def _decided(self, commit: str, decided: tuple[Decided, ...], added: Iterable[Entry], *, known: bool) -> None:
        made, keys = {entry.decision for entry in added}, {item.key for item in decided}
        ever = {entry.decision for entry in self.known.values()}
        for item in decided if known else ():
            one = bool(states_of(item.kind))
            entered = item.key in made or (not one and item.key in ever)
            if item.kind == "removal" and not (self.released or any(key[0] == "release" for key in self.said)):
                continue
            if item.key not in self.said and not entered:
                self._say(commit, f"has no entry of {item.told}", lost_of(item))
        self.said = keys

    @property
    def released(self) -> bool:
        """Whether entries say that something was ever live."""
        return any(entry.kind in states_of("removal") for entry in self.known.values())

    def _what(self, name: str) -> str:
        entry = self.known[name]
        return f"the {entry.kind}" + (f" of {entry.subject[:19]}" if entry.subject else "")

    def _say(self, commit: str, what: str, key: str) -> None:
        self.wrong.append(Wrong(commit, what, key))

    def _mend(self, commit: str, keys: set[str]) -> None:
        self.wrong = [
            replace(item, mended=commit) if item.key in keys and not item.mended and item.commit != commit else item
            for item in self.wrong
        ]


class _Newest:
    """The newest of a growing set of entries, kept while it grows."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.tips: set[str] = set()
        self.after: Counter[str] = Counter()

    def add(self, entry: Entry) -> None:
        if entry.name in self.names:
            return
        self.names.add(entry.name)
        self.after.update(entry.parents)
        self.tips -= set(entry.parents)
        self.tips |= set() if self.after[entry.name] else {entry.name}

    def remove(self, entry: Entry) -> None:
        self.names.discard(entry.name)
        self.tips.discard(entry.name)
        self.after.subtract(entry.parents)
        self.tips |= {name for name in entry.parents if name in self.names and not self.after[name]}
