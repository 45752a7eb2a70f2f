"""`data.rows:`, `pairs:`, `freshness:` and `checks:` what must hold between columns, and for a table as a whole."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mlops.blocks.address import OWN_KIND
from mlops.blocks.block import Block, Column, Items, Names
from mlops.blocks.column_rule import Severity

Relation = Literal[
    "less_than", "at_most", "equals", "differs_from", "at_least", "greater_than", "requires", "missing_with"
]


class RowCount(Block):
    """How many rows a snapshot must have."""

    at_least: Annotated[int, Field(ge=0)] = 1
    """Fewer rows stop the pipeline."""
    at_most: Annotated[int, Field(ge=1)] | None = None
    """More rows stop the pipeline."""


class Pair(Block):
    """How two columns stand to each other in every row; where one is missing, only the last two can be broken."""

    left: Column
    """The first column."""
    relation: Annotated[Relation, Field(alias="is")]
    """What holds: `{left: start, is: at_most, right: end}`; `requires`: where the first is there, the second is;
    `missing_with`: both are there or neither."""
    right: Column
    """The second column."""
    severity: Severity = "block"
    """`warn` reports a broken rule without stopping on it."""


class Freshness(Block):
    """How old the newest row may be."""

    column: Column
    """Column of dates whose newest value counts."""
    at_most_days: Annotated[float, Field(ge=0)]
    """Days by which it may lie before."""
    before: Annotated[str, Names("day")] | None = None
    """A day, as `"2030-12-31"`, or another column, whose newest value counts; `source.recorded` where not given."""
    severity: Severity = "block"
    """`warn` reports old rows without stopping on them."""


class OwnCheck(Block):
    """A function of the pipeline's own code: given a polars DataFrame, it answers a truth, or one for each row."""

    use: Annotated[str, Field(pattern=OWN_KIND.pattern)]
    """The function: `pipelines.NAME.MODULE:FUNCTION`, a file in the pipeline's own folder."""
    columns: Items[Column] = ()
    """Columns that it is given; all where none is named."""
    severity: Severity = "block"
    """`warn` reports a broken rule without stopping on it."""
