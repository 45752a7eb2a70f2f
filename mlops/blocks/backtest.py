"""`evaluate.backtest:` going back to several times past, to see how a model learnt then would have done since."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mlops.blocks.block import Block, Column


class Backtest(Block):
    """Origins in train and validation of a split by time; the chosen candidate learns again at each, networks do not.

    At an origin it learns from the rows before it alone, and is measured on those from there to the next one.
    """

    origins: Annotated[int, Field(ge=2, le=50)] = 5
    """How many times to go back, at even numbers of rows over the later half."""
    sliding: Annotated[int, Field(ge=1, le=100_000)] | None = None
    """How far before an origin rows are learnt from: days of a key of dates, units of a key of numbers. All of them
    where nothing is said, so that they grow."""


class Origins(Backtest):
    """The same as a stage knows it: what orders rows, what is left out before an origin, whose past is whose."""

    key: Column
    gap: int | None = None
    thing: Column | None = None
