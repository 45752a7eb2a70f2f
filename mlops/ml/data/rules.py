"""What may be declared about columns and rows, as params.yaml spells it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, field_validator

from mlops.ml.data.checks import Severity
from mlops.ml.data.types import ColumnType

Scalar = str | int | float | bool
Relation = Literal[
    "less_than", "at_most", "equals", "differs_from", "at_least", "greater_than", "requires", "missing_with"
]
Share = Annotated[float, Field(ge=0, le=1)]


class _Rule(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class ColumnRule(_Rule):
    """What is declared about one column."""

    type: ColumnType | None = None
    optional: bool = False
    between: tuple[float | str | None, float | str | None] | None = None
    greater_than: float | str | None = None
    less_than: float | str | None = None
    nulls: Share | None = None
    one_of: Annotated[tuple[Scalar, ...] | None, Field(alias="in")] = None
    all_occur: bool = False
    none_of: Annotated[tuple[Scalar, ...] | None, Field(alias="not_in")] = None
    matches: str | None = None
    length: tuple[int | None, int | None] | None = None
    starts_with: str | None = None
    ends_with: str | None = None
    contains: str | None = None
    unique: bool = False
    sensitive: bool = False
    public: bool = False
    severity: Severity = "block"
    leakage: Literal["check", "allowed"] = "check"

    @field_validator("nulls", mode="before")
    @classmethod
    def _budget(cls, value: object) -> object:
        """Read `0.3` and `{at_most: 0.3}` alike."""
        return value["at_most"] if isinstance(value, Mapping) and set(value) == {"at_most"} else value

    @field_validator("matches")
    @classmethod
    def _pattern(cls, value: str | None) -> str | None:
        """Refuse a pattern that Polars cannot use, before any data is read."""
        try:
            pl.Series([""]).str.contains(value or "")
        except pl.exceptions.PolarsError as error:
            raise ValueError(f"`{value}` is not a regular expression without look-around") from error
        return value


class RowCount(_Rule):
    """How many rows there must be."""

    at_least: int = 1
    at_most: int | None = None


class Pair(_Rule):
    """How two columns stand to each other in every row."""

    left: str
    relation: Annotated[Relation, Field(alias="is")]
    right: str
    severity: Severity = "block"


class Freshness(_Rule):
    """How old the newest value of a column may be on a date, or beside the newest of another column."""

    column: str
    at_most_days: Annotated[float, Field(ge=0)]
    before: str
    severity: Severity = "block"


class OwnCheck(_Rule):
    """A function of the pipeline's own code that says which rows are right."""

    use: str
    columns: tuple[str, ...] = ()
    severity: Severity = "block"


class DriftLimits(_Rule):
    """How far columns may have moved from a reference profile."""

    reference: str
    sha256: str | None = None
    at_most: Mapping[str, float]
    columns: tuple[str, ...] | None = None
    minimum_rows: int = 500
    severity: Severity = "block"


class NoiseLimit(_Rule):
    """How large the estimated share of wrong labels may be."""

    at_most: Share
    severity: Severity = "warn"
