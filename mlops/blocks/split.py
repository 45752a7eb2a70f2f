"""`data.split:` how rows are divided."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mlops.blocks.block import Block, Column, Items


class Fractions(Block):
    """Shares of the rows in each part; they add up to 1."""

    train: Annotated[float, Field(gt=0, lt=1)] = 0.6
    """Share that is learnt from."""
    validation: Annotated[float, Field(gt=0, lt=1)] = 0.2
    """Share that chooses among candidates and stops training."""
    test: Annotated[float, Field(gt=0, lt=1)] = 0.2
    """Share that gates judge on."""

    @property
    def shares(self) -> tuple[float, float, float]:
        """The fractions in the order of the parts."""
        return self.train, self.validation, self.test


class Split(Block):
    """How rows are divided into train, validation and test."""

    by: Literal["random", "stratified", "group", "time", "column"] = "random"
    """Row by row, class by class, group by group, oldest first, or as a column says."""
    key: Column | None = None
    """Column that groups rows, orders them in time, or names their part. It is not learnt from, but for the parts of a
    date that orders rows, where `features.datetime` asks for parts; `keys` may name it then, so that it is not."""
    values: dict[Literal["train", "validation", "test"], Items[str | int | float | bool]] = Field(default_factory=dict)
    """What the column of a split by `column` says for each part, beside the usual words (`train`, `val`, `holdout`) in
    any case. Where it names no validation part, one is cut from train by the shares of `fractions`."""
    gap: Annotated[int, Field(ge=1, le=100_000)] | None = None
    """What is left out before each later part of a split by time, so that no row tells of the next part's first: days
    of a key of dates, units of a key of numbers. A forecast leaves out its horizon by itself."""
    fractions: Fractions = Fractions()
    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the split."""
    copies: Annotated[Literal["together"] | None, Field(exclude_if=lambda value: value is None)] = None
    """Keep rows that are copies of each other, whole or almost, in one part, where a split by `random` or `stratified`
    would learn from one and judge by the other; without it such a table is refused. Of more than 20,000 rows only whole
    copies are looked for."""
    folds: Annotated[int | None, Field(ge=3, le=20, exclude_if=lambda value: value is None)] = None
    """In place of `fractions`, for small data: so many parts of equal size, and a model for each that has not seen it.
    The model serves the mean of them all; every row is judged by the answer of the one that has not seen it."""
