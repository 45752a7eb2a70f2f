"""`evaluate: {discover: ..., explain: ...}`: what is looked for beyond metrics, where asked."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from mlops.blocks.block import Block, Column, Items, KeptColumn

Repetitions = Annotated[int, Field(ge=2, le=50)]
Sample = Annotated[int, Field(ge=50, le=100_000)]
Rows = Annotated[Items[int | str], Field(max_length=100)]


class Discover(Block):
    """Slices nobody declared: found on validation, confirmed on test, reported only where confirmed."""

    minimum_rows: Annotated[int, Field(ge=10)] = 30
    """Rows a slice must have in either part."""
    minimum_effect: Annotated[float, Field(gt=0, le=2)] = 0.2
    """Smallest difference of mean loss from the rest, in standard deviations (Cohen's d)."""
    limit: Annotated[int, Field(ge=1, le=50)] = 10
    """Most slices to confirm."""


class Importance(Block):
    """The metric that a shuffled column costs, and how that is measured."""

    metric: str
    repetitions: Repetitions
    sample: Sample


class Attributed(Block):
    """How many validation rows are looked at for what scores rest on, and the rows to explain one by one."""

    sample: Sample
    key: Column | None
    rows: Rows


class Explain(Block):
    """What the scores rest on, by column of the table."""

    permutation: bool = True
    """How much the selection metric loses on test when a column is shuffled."""
    repetitions: Repetitions = 5
    """Shuffles of each column."""
    sample: Sample = 1000
    """Most rows to look at."""
    attributions: bool = False
    """Shares of each score: SHAP of trees, integrated gradients of networks; needs the extra `explain`."""
    key: KeptColumn | None = None
    """Column by which `rows` are named; their number in the source where absent."""
    rows: Rows = ()
    """Rows whose scores are explained one by one; only attributions are written, no values of the row."""

    @model_validator(mode="after")
    def _rows_are_attributed(self) -> Explain:
        if self.rows and not self.attributions:
            raise ValueError("`rows` needs `attributions: true`: only shares of a score explain a single row")
        return self
