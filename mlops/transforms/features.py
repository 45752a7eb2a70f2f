"""`features:` how columns become numbers. Everything is fitted on the training part alone."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mlops.blocks.block import Block, Column, Items
from mlops.kinds.union import OneOf
from mlops.transforms import IMPUTATIONS, SCALINGS, SELECTIONS


class Numeric(Block):
    """Treatment of numeric and boolean columns."""

    impute: Annotated[str, OneOf(IMPUTATIONS)] = "median"
    """Value for a missing number."""
    scale: Annotated[str, OneOf(SCALINGS)] = "standard"
    """How numbers are brought to one scale."""
    indicator: bool = True
    """Add a column that says where a value was missing."""


class Categorical(Block):
    """Treatment of text and category columns."""

    encode: Literal["one_hot", "ordinal"] = "one_hot"
    """One column a level, or one number a level."""
    at_most: Annotated[int, Field(ge=1, le=10_000)] = 32
    """Levels kept; rarer and unseen ones become "other"."""


class Datetime(Block):
    """Treatment of dates and times."""

    parts: Items[Literal["year", "month", "day", "weekday", "hour"]] = ("year", "month", "weekday")
    """Parts that become columns; also of the date that a split by time goes by, where this block is written."""


class Selection(Block):
    """Keep the most useful columns only."""

    by: Annotated[str, OneOf(SELECTIONS)]
    """How usefulness is measured."""
    keep: Annotated[int, Field(ge=1)]
    """Columns kept."""


class Image(Block):
    """Columns that are the pixels of an image, in order."""

    shape: Annotated[tuple[int, int, int], Field(strict=False)]
    """Channels, height, width."""
    scale: Annotated[float, Field(gt=0)] = 1.0
    """Pixels are divided by this."""


class Pixels(Block):
    """What becomes of the pixels of a column of `data.images`."""

    scale: Annotated[float, Field(gt=0)] = 255.0
    """Pixels are divided by this."""
    standardise: bool = True
    """Bring each channel to mean 0 and deviation 1, as they are in training."""


class Features(Block):
    """The transform that training and serving share."""

    kind: Literal["tabular", "image"] = "tabular"
    """Columns of a table, or pixels of an image."""
    numeric: Numeric = Numeric()
    categorical: Categorical = Categorical()
    datetime: Datetime = Datetime()
    drop: Items[Column] = ()
    """Columns left out of the features."""
    select: Selection | None = None
    image: Image | None = None
    images: dict[Column, Pixels] = Field(default_factory=dict)
    """Treatment of columns of pictures, where it is not the usual one."""
