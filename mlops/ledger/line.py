"""The entries of one folder: which are the newest, and what of them is not as it was written."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from mlops.errors import IntegrityError
from mlops.ledger.entry import LARGEST, Entry, name_of

ENDING = ".json"
_NAME = re.compile(r"[0-9a-f]{64}\.json")


@dataclass(frozen=True)
class Damage:
    """A file of a ledger that is not what was written there, or is gone; `name` is the entry's where one is known."""

    file: str
    what: str
    name: str = ""


@dataclass(frozen=True)
class Line:
    """What stands in one folder: the entries by name, and the damage."""

    pipeline: str
    place: str
    entries: Mapping[str, Entry] = field(default_factory=dict)
    broken: tuple[Damage, ...] = ()

    @classmethod
    def of(cls, pipeline: str, place: str, files: Mapping[str, bytes | None]) -> Line:
        """Read the files of a folder by their names; None stands for what is no plain file.

        >>> Line.of("churn", "model", {"note.txt": b""}).broken[0].what
        'is no entry of the ledger'
        """
        entries: dict[str, Entry] = {}
        broken: list[Damage] = []
        for file, data in sorted(files.items()):
            read = _read(pipeline, place, file, data)
            if isinstance(read, Entry):
                entries[file.removesuffix(ENDING)] = read
            else:
                broken.append(read)
        return cls(pipeline, place, entries, tuple(broken))

    def __bool__(self) -> bool:
        return bool(self.entries or self.broken)

    @property
    def folder(self) -> str:
        """Where it lies, from the root of the repository."""
        return folder_of(self.pipeline, self.place)

    @cached_property
    def lost(self) -> frozenset[str]:
        """What repairs say is gone for good."""
        return frozenset(name for entry in self.entries.values() for name in entry.lost)

    @cached_property
    def damage(self) -> tuple[Damage, ...]:
        """What is wrong, with the entries that others name and that are gone."""
        gone = sorted(self.gone - self.lost - {item.name for item in self.broken})
        return (*self.broken, *(Damage(f"{name}{ENDING}", "is gone: entries after it name it", name) for name in gone))

    @cached_property
    def gone(self) -> frozenset[str]:
        """What entries name and is not here as it was written."""
        named = {parent for entry in self.entries.values() for parent in entry.parents}
        return frozenset(named - self.entries.keys())

    @cached_property
    def tips(self) -> tuple[str, ...]:
        """The newest entries: those that no other names."""
        named = {parent for entry in self.entries.values() for parent in entry.parents}
        return tuple(sorted(self.entries.keys() - named))

    def newest(self, kinds: Collection[str]) -> tuple[Entry, ...]:
        """Give the entries of some kinds that none of these kinds comes after; several where the line forked."""
        found = {name: entry for name, entry in self.entries.items() if entry.kind in kinds}
        before: set[str] = set()
        waiting = [parent for entry in found.values() for parent in entry.parents]
        while waiting:
            name = waiting.pop()
            if name not in before and name in self.entries:
                before.add(name)
                waiting += self.entries[name].parents
        return tuple(entry for name, entry in sorted(found.items()) if name not in before)

    def with_entries(self, names: Iterable[str], other: Line) -> Line:
        """Add entries of another line of this folder."""
        added = {name: other.entries[name] for name in names}
        return Line(self.pipeline, self.place, {**self.entries, **added}, self.broken)

    def file_of(self, entry: Entry) -> str:
        """Name the file of an entry, from the root of the repository."""
        return f"{self.folder}/{entry.name}{ENDING}"


def folder_of(pipeline: str, place: str) -> str:
    """Name the folder of a line, from the root of the repository."""
    return f"pipelines/{pipeline}/ledger/{place}"


def places(files: Iterable[str], pipeline: str) -> Iterator[tuple[str, str]]:
    """Split paths from the root into place and file; what lies elsewhere in the ledger has the place "" ."""
    top = f"pipelines/{pipeline}/ledger/"
    for path in files:
        place, slash, file = path.removeprefix(top).partition("/")
        if path.startswith(top):
            yield (place, file) if slash else ("", place)


def _read(pipeline: str, place: str, file: str, data: bytes | None) -> Entry | Damage:
    name = file.removesuffix(ENDING) if _NAME.fullmatch(file) else ""
    if data is None:
        return Damage(file, "is no plain file", name)
    if not name:
        return Damage(file, "is no entry of the ledger")
    if len(data) > LARGEST or name_of(data) != name:
        return Damage(file, "was edited: its name is the digest of other bytes", name)
    try:
        entry = Entry.parse(data)
    except IntegrityError as error:
        return Damage(file, f"is {error.message}", name)
    if (entry.pipeline, entry.place) != (pipeline, place):
        return Damage(file, f"was written for {entry.pipeline}/{entry.place}, and lies elsewhere", name)
    return entry
