"""One decision: what was decided, about which documents, after which other decisions."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mlops.errors import IntegrityError
from mlops.files.canonical import digest, dumps

Kind = Literal["verdict", "waiver", "acceptance", "retraining", "release", "rollback", "removal", "repair"]
KINDS: tuple[str, ...] = get_args(Kind)
STATES = (frozenset({"verdict"}), frozenset({"release", "rollback", "removal"}))
"""Kinds of which the newest alone holds; of all others, each that was ever entered counts."""
MODEL = "model"
"""The place of what is decided about a model; the others are named by an environment."""
LARGEST = 64 * 2**10  # bytes; a longer file was not written here
_NAME = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_DIGEST = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]


def states_of(kind: str) -> frozenset[str]:
    """Name the kinds that a kind replaces; none where each entry counts for itself."""
    return next((kinds for kinds in STATES if kind in kinds), frozenset())


class Entry(BaseModel):
    """A decision; `documents` are what it is about, by file, each by the digest of its bytes or of its value.

    `subject` is the bundle, or the rule that a waiver is of. `parents` are the newest entries of its folder before it.
    `lost` are names of entries, and digests of documents, that a repair says are gone for good. No date and no person:
    Git has both, and two machines write the same bytes.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Literal[1] = 1
    kind: Kind
    pipeline: str
    place: str
    subject: str | None = None
    verdict: str | None = None
    documents: dict[str, _DIGEST] = Field(default_factory=dict)
    parents: tuple[_NAME, ...] = ()
    lost: tuple[str, ...] = ()

    @classmethod
    def parse(cls, data: bytes) -> Entry:
        """Read an entry; raises IntegrityError where it is none, or is not spelt in its one way."""
        try:
            entry = cls.model_validate(json.loads(data))
        except (ValidationError, ValueError, RecursionError) as error:
            raise IntegrityError("no entry of a ledger") from error
        if entry.data != data or any(list(names) != sorted(set(names)) for names in (entry.parents, entry.lost)):
            raise IntegrityError("no entry of a ledger as it is written")
        return entry

    def following(self, parents: tuple[str, ...]) -> Entry:
        """Give the same decision after other entries."""
        return Entry.model_validate({**self.model_dump(), "parents": parents})

    @cached_property
    def data(self) -> bytes:
        """The bytes of its file."""
        return dumps(self.model_dump(mode="json", exclude_none=True, exclude=None if self.lost else {"lost"})).encode()

    @cached_property
    def name(self) -> str:
        """The name of its file, without the ending: the SHA-256 of its bytes."""
        return name_of(self.data)

    @property
    def decision(self) -> tuple[str, ...]:
        """What was decided, whatever came before: two entries of one decision agree in it."""
        return decision(self.kind, self.subject, self.verdict, self.documents)


def decision(kind: str, subject: str | None, verdict: str | None, documents: dict[str, str]) -> tuple[str, ...]:
    """Spell what was decided; a release that goes back is one, so that both are the same state."""
    kinds = states_of(kind)
    said = kind if kind in ("verdict", "removal") or not kinds else "release"
    return (said, subject or "", verdict or "", *(f"{file} {name}" for file, name in sorted(documents.items())))


def name_of(data: bytes) -> str:
    """Name the bytes of an entry."""
    return digest(data).removeprefix("sha256:")
