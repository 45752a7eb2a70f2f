"""`artifacts/schema.json`: what the columns of a valid table are, for the stages that read it."""

from __future__ import annotations

from typing import Any, Literal

from mlops.documents.checks import Scalar
from mlops.documents.document import Document, Part

Role = Literal["feature", "key", "target", "weight", "measure"]
"""`measure`: what is measured of a picture, kept to tell of it and never learnt from."""


class ColumnSchema(Part):
    """A column: what it is for, and the values it has; `categories` in order, of what is learnt from.

    `number` is how its numbers are written in the file, as YAML spells it; no value of a `personal` one is told.
    """

    name: str
    type: str
    role: Role
    nullable: bool
    sensitive: bool
    categories: tuple[Scalar, ...] | None
    minimum: Scalar | None
    maximum: Scalar | None
    number: dict[str, str | bool] | None = None
    style: str | None = None
    """How its dates or times are written in the file, where not as in ISO 8601; a form that Polars knows."""
    personal: bool = False
    picture: dict[str, Any] | None = None
    """What its pictures are brought to: `shape`, and how where that is said."""


class TableSchema(Document):
    """A table and its target; `classes` end with the `positive` one of two."""

    schema_version: Literal[1] = 1
    task: str
    target: str
    positive: Scalar | None
    classes: tuple[Scalar, ...] | None
    columns: tuple[ColumnSchema, ...]
    others: tuple[str, ...] = ()
    """Columns of the file that were left out."""
