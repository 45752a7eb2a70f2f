"""What `mlops schema infer -o json` prints: the rules of columns that data seem to keep, by the keys of the YAML."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue

from mlops.documents.document import Document, Number, Part


class AtMost(Part):
    """A share of rows."""

    at_most: Number


class InferredColumn(Part):
    """A column: what was guessed, and beside it the keys that only a person can know, as they were declared."""

    type: str
    number: dict[str, JsonValue] | None = None
    nulls: AtMost | None = None
    between: tuple[Number | None, Number | None] | None = None
    one_of: tuple[str, ...] | None = Field(default=None, alias="in")
    unique: bool = False
    sensitive: bool = False
    personal: bool = False
    public: bool = False
    optional: bool = False
    severity: str | None = None
    leakage: str | None = None


class InferredColumns(Document):
    """`file` is the data block that the columns belong to, where there is one; `written`: they stand there now."""

    schema_version: Literal[1] = 1
    columns: dict[str, InferredColumn]
    file: str | None = None
    written: bool = False
