"""`data.columns:` what must hold for one column."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mlops.blocks.block import Block, Items, Share
from mlops.blocks.number_form import NumberForm

Scalar = str | int | float | bool
ColumnType = Literal["int", "float", "bool", "string", "category", "text", "date", "datetime", "image"]
TEXTS: tuple[ColumnType, ...] = ("string", "category", "text")
"""Types whose values are texts: those of `text` are sentences, whose words are learnt from, others are learnt whole."""
Severity = Literal["block", "warn"]
Bound = float | str
Length = Annotated[int, Field(ge=0)]


class NullBudget(Block):
    """How many values of a column may be missing."""

    at_most: Share
    """Share of the rows, from 0 to 1."""


class ColumnRule(Block):
    """What must hold for one column; a missing value breaks `nulls` alone."""

    type: ColumnType | None = None
    """Type of the values; found by looking where it is not given."""
    number: NumberForm | None = None
    """How its numbers are written, such as `1.299,99 €`; found by looking where it is not given."""
    optional: bool = False
    """The column may be absent."""
    nulls: NullBudget | None = None
    between: Annotated[tuple[Bound | None, Bound | None], Field(strict=False)] | None = None
    """Smallest and largest value allowed; `null` leaves a side open. A date is written as `"2030-12-31"`."""
    greater_than: Bound | None = None
    """Every value is greater than this one."""
    less_than: Bound | None = None
    """Every value is less than this one."""
    one_of: Annotated[Items[Scalar] | None, Field(alias="in")] = None
    """The only values allowed."""
    all_occur: bool = False
    """Each of the values that `in` lists occurs."""
    none_of: Annotated[Items[Scalar] | None, Field(alias="not_in")] = None
    """Values that are refused."""
    matches: str | None = None
    """Regular expression that every value matches whole, without look-around."""
    length: Annotated[tuple[Length | None, Length | None], Field(strict=False)] | None = None
    """Fewest and most characters of a text; `null` leaves a side open."""
    starts_with: str | None = None
    """What every text begins with."""
    ends_with: str | None = None
    """What every text ends with."""
    contains: str | None = None
    """What every text has in it."""
    unique: bool = False
    """No value occurs twice."""
    sensitive: bool = False
    """The column describes a person; gates may ask for fairness by it."""
    personal: bool = False
    """The column names, reaches or pays a person: it is not learnt from, and no value of it is told. The rows keep it
    only where `keys`, `entity` or the split names it."""
    public: bool = False
    """Values of this column may be printed in reports."""
    severity: Severity = "block"
    """`warn` reports a broken rule without stopping on it."""
    leakage: Literal["check", "allowed"] = "check"
    """`allowed` does not look whether a column gives the target away; a model that hangs on it still needs `leak` in
    conf/accept/."""

    @property
    def null_budget(self) -> float | None:
        """Share of the values that may be missing; None where nobody said."""
        return None if self.nulls is None else self.nulls.at_most
