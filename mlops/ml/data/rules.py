"""What may be declared about columns and rows, as params.yaml spells it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, field_validator

from mlops.ml.data.checks import Severity
from mlops.ml.data.types import ColumnType

Scalar = str | int | float | bool


class ColumnRule(BaseModel):
    """What is declared about one column."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    type: ColumnType | None = None
    between: tuple[float | str | None, float | str | None] | None = None
    nulls: Annotated[float, Field(ge=0, le=1)] | None = None
    one_of: Annotated[tuple[Scalar, ...] | None, Field(alias="in")] = None
    matches: str | None = None
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


class RowCount(BaseModel):
    """How many rows there must be."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    at_least: int = 1
    at_most: int | None = None
