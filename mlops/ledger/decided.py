"""What the files of a repository say was decided, each as the entry that it ought to have."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mlops.documents.document import Part
from mlops.errors import IntegrityError
from mlops.files.canonical import digest
from mlops.files.plain_yaml import Values, parse
from mlops.ledger.entry import MODEL, Entry, Kind, decision, states_of
from mlops.ledger.line import Line

Read = Callable[[str], bytes | None]
"""Give the bytes of a file by its path from the root; None where there is none."""
_LARGEST = 100_000  # values of one file
GATE, STATEMENT = "reports/gate.json", "reports/bundle.json"


@dataclass(frozen=True)
class Decided:
    """A decision as files say it, which an entry must name."""

    kind: Kind
    place: str
    subject: str | None = None
    verdict: str | None = None
    documents: Mapping[str, str] = field(default_factory=dict)
    due: bool = False
    """Of a removal: something was released before, with an entry or without."""

    @property
    def key(self) -> tuple[str, ...]:
        """What an entry of it agrees in."""
        return decision(self.kind, self.subject, self.verdict, dict(self.documents))

    @property
    def told(self) -> str:
        """Say it in words."""
        about = "" if self.subject is None else f" of {self.subject[:19]}"
        return f"the {self.kind}{about}"

    def entered(self, line: Line) -> bool:
        """Whether a line has an entry of it: the newest where only the newest holds."""
        kinds = states_of(self.kind)
        entries = line.newest(kinds) if kinds else tuple(line.entries.values())
        never = self.kind == "removal" and not self.due and not entries
        return never or any(entry.decision == self.key for entry in entries)

    def entry(self, line: Line) -> Entry:
        """Write its entry, after all that stands in a line; what was released before and left is a rollback."""
        kind: Kind = self.kind
        earlier = (entry.subject for entry in line.entries.values() if entry.kind in ("release", "rollback"))
        newest = (entry.subject for entry in line.newest(states_of("release")))
        if kind == "release" and self.subject in set(earlier) - set(newest):
            kind = "rollback"
        return Entry(
            kind=kind,
            pipeline=line.pipeline,
            place=line.place,
            subject=self.subject,
            verdict=self.verdict,
            documents=dict(self.documents),
            parents=line.tips,
        )


def decided(name: str, place: str, read: Read) -> tuple[Decided, ...]:
    """List what is decided of a pipeline in a place: its model, or an environment.

    A file that cannot be read says nothing here: whoever reads it for what it says refuses it.
    """
    if place != MODEL:
        return tuple(_release(name, place, read))
    return (*_verdict(name, read), *_items(name, "waiver", read), *_items(name, "acceptance", read))


def since(now: Iterable[Decided], before: Iterable[Decided]) -> tuple[Decided, ...]:
    """Give what is decided now, where what was released `before` may be gone: that has an entry, whatever that had."""
    released = any(item.kind == "release" for item in before)
    return tuple(replace(item, due=True) if released and item.kind == "removal" else item for item in now)


def retraining(file: str, data: bytes, subject: str) -> Decided:
    """Say that a model is to learn again, from the rows of a file."""
    return Decided("retraining", MODEL, subject, None, {file: digest(data)})


def documents_of(name: str, places: tuple[str, ...]) -> tuple[str, ...]:
    """Name the files that say what is decided of a pipeline."""
    folder = f"pipelines/{name}"
    released = tuple(_release_file(name, place) for place in places if place != MODEL)
    return (f"{folder}/{GATE}", f"{folder}/{STATEMENT}", *(_file(name, kind) for kind in _ITEMS), *released)


class _Said(Part):
    """What a gate's report says, as far as it is entered."""

    bundle: Any = None
    verdict: Any = None

    @classmethod
    def read(cls, data: bytes) -> _Said:
        try:
            return cls.model_validate_json(data)
        except ValueError:
            return cls()


def _verdict(name: str, read: Read) -> Iterator[Decided]:
    file = f"pipelines/{name}/{GATE}"
    data = read(file)
    if data is None:
        return
    said = _Said.read(data)
    statement = read(f"pipelines/{name}/{STATEMENT}")
    documents = {file: digest(data)}
    if statement is not None:
        documents[f"pipelines/{name}/{STATEMENT}"] = digest(statement)
    yield Decided("verdict", MODEL, _text(said.bundle), _text(said.verdict), documents)


_ITEMS: dict[Kind, tuple[str, str, str]] = {
    "waiver": ("conf/waiver", "waivers", "rule"),
    "acceptance": ("conf/accept", "accepted", "check"),
}
"""Where what is let pass stands: the folder, the key of the list, and what of an item names it."""


def _items(name: str, kind: Kind, read: Read) -> Iterator[Decided]:
    _, key, subject = _ITEMS[kind]
    file = _file(name, kind)
    value = _yaml(read(file), file)
    items = value.get(key)
    leak = value.get("leak") if kind == "acceptance" else None
    if isinstance(leak, dict):
        yield Decided(kind, MODEL, "leak", None, {file: _name(leak)})
    for item in items if isinstance(items, list) else ():
        about = _text(item.get(subject)) if isinstance(item, dict) else None
        yield Decided(kind, MODEL, about, None, {file: _name(item)})


def _file(name: str, kind: Kind) -> str:
    return f"{_ITEMS[kind][0]}/{name}.yaml"


def _release(name: str, place: str, read: Read) -> Iterator[Decided]:
    file = _release_file(name, place)
    data = read(file)
    if data is None:
        yield Decided("removal", place)
        return
    value = _yaml(data, file)
    if value:
        yield Decided("release", place, _text(value.get("bundle")), None, {file: _name(value)})


def _release_file(name: str, place: str) -> str:
    return f"conf/release/{place}/{name}.yaml"


def _name(value: Any) -> str:
    """Name a value, however it is spelt: layout and comments of YAML are nothing."""
    return digest(json.dumps(value, sort_keys=True, ensure_ascii=False).encode(errors="replace"))


def _plain(value: Any, left: list[int]) -> Any:
    """Spell a value of YAML as one of JSON; raises ValueError where aliases make it larger than anybody writes."""
    left[0] -= 1
    if left[0] < 0:
        raise ValueError("too large")
    if isinstance(value, dict):
        return {str(key): _plain(item, left) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, left) for item in value]
    return value if isinstance(value, str | int | float) or value is None else str(value)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _yaml(data: bytes | None, file: str) -> Values:
    try:
        value = {} if data is None else _plain(parse(data, file), [_LARGEST])
    except (IntegrityError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
