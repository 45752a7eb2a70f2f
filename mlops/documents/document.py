"""What documents have in common: a version, keys that are only added within one, and one spelling.

A key without a default stands in every document of the version; whoever adds one gives it a default, so that documents
from before are read on. What is written is what was set: a document that is read and written again keeps its bytes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, Field

from mlops.files.canonical import dumps, rounded

Number = Annotated[int, Field(ge=-(10**300), le=10**300, strict=True)] | Annotated[float, Field(strict=True)]
"""A number of JSON, which stays whole where it is written so; one that no float holds is infinite."""


class Part(BaseModel, extra="ignore", frozen=True, defer_build=True):
    """A mapping inside a document; keys that a later release added are passed over."""

    # built when first used: a verb imports what it may read, and reads little of it


class Document(Part):
    """A whole document; a subclass narrows `schema_version` to those that it reads."""

    LARGEST: ClassVar[int] = 64 << 20
    """Bytes; a longer one was not written here."""

    DIGITS: ClassVar[int | None] = None
    """Significant digits of its figures, where they are rounded; what is no finite number is none."""

    schema_version: int = 1

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a document; raises ValueError where it is none, or of a version that is not read here."""
        return cls.model_validate_json(data)

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """Read a file; None where there is none that can be read."""
        try:
            return None if path.stat().st_size > cls.LARGEST else cls.model_validate_json(path.read_bytes())
        except (OSError, ValueError):
            return None

    def value(self) -> dict[str, Any]:
        """Give it as a JSON value, of the keys that were set."""
        return {"schema_version": self.schema_version, **said(self)}

    def dumps(self) -> str:
        """Spell it in its one way."""
        return dumps(self.value() if self.DIGITS is None else rounded(self.value(), self.DIGITS))


class _Versioned(Part):
    schema_version: Any = None


def version(data: bytes) -> Any:
    """Name the version that a document gives itself; None where it gives none, or is none."""
    try:
        return _Versioned.model_validate_json(data).schema_version
    except ValueError:
        return None


def said(part: Part) -> dict[str, Any]:
    """Give a mapping as a JSON value, of the keys that were set."""
    return part.model_dump(mode="json", by_alias=True, exclude_unset=True)
