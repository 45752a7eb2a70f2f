"""`features:` how columns become numbers. Everything is fitted on the training part alone."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from mlops.blocks.block import Block, Column, Items
from mlops.kinds.union import OneOf
from mlops.transforms import IMPUTATIONS, SCALINGS, SELECTIONS

Ngram = Annotated[int, Field(ge=1, le=8)]


class Numeric(Block):
    """Treatment of numeric and boolean columns."""

    impute: Annotated[str, OneOf(IMPUTATIONS)] = "median"
    """Value for a missing number."""
    scale: Annotated[str, OneOf(SCALINGS)] = "standard"
    """How numbers are brought to one scale."""
    indicator: bool = True
    """Add a column that says where a value was missing."""


class Categorical(Block):
    """Treatment of category and string columns."""

    encode: Literal["one_hot", "ordinal"] = "one_hot"
    """One column a level, or one number a level."""
    at_most: Annotated[int, Field(ge=1, le=10_000)] = 32
    """Levels kept; rarer and unseen ones become "other"."""


class Datetime(Block):
    """Treatment of dates and times."""

    parts: Items[Literal["year", "month", "day", "weekday", "hour"]] = ("year", "month", "weekday")
    """Parts that become columns; also of the date that a split by time goes by, where this block is written."""


class Text(Block):
    """Treatment of sentences, columns of `type: text`: their words are learnt from."""

    tokens: Literal["words", "chars"] = "words"
    """Words, or the characters of each word: for languages without blanks, misspelt words, codes."""
    ngrams: Annotated[tuple[Ngram, Ngram], Field(strict=False)] = (1, 1)
    """How many words, or characters, stand together in a token, from the fewest to the most: `[1, 2]`, or `[3, 5]`."""
    vocabulary: Literal["learnt", "hashed"] = "learnt"
    """Tokens of the training rows, or the hash of any token, which needs less room where there are very many."""
    at_most: Annotated[int, Field(ge=1, le=1_000_000)] = 20_000
    """Tokens kept, those in the most rows; or the number of values that a hash may have."""
    min_count: Annotated[int, Field(ge=1)] = 5
    """Rows that have a token at least, for it to be learnt: what fewer have may name somebody. Not of a hash."""
    weights: Literal["tf_idf", "counts"] = "tf_idf"
    """How often a token stands in a text, and how rare it is in others; or how often alone."""
    normalise: bool = True
    """Long texts weigh as much as short ones (L2)."""
    length: Annotated[int, Field(ge=1, le=4_096)] = 256
    """Different tokens of a row at most; of more, those of the least weight are left out, which is counted."""


class Selection(Block):
    """Keep the most useful columns only."""

    by: Annotated[str, OneOf(SELECTIONS)]
    """How usefulness is measured."""
    keep: Annotated[int, Field(ge=1)]
    """Columns kept; at most so many, with `stable` or `shadows`."""
    stable: Annotated[float, Field(gt=0, le=1)] | None = None
    """Keep those alone that are among the best in this share of random halves of the rows; 0.9 where `shadows` asks."""
    shadows: bool = False
    """Count a half for a feature only where it is worth more than every shuffled copy of any."""
    halves: Annotated[int, Field(ge=5, le=500)] = 30
    """Halves of the rows that are drawn."""

    @model_serializer(mode="wrap")
    def _spelt(self, spell: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what nobody asks for, so that other pipelines keep their parameters."""
        found: dict[str, Any] = spell(self)
        usual = {"stable": None, "shadows": False, "halves": 30}
        return {key: value for key, value in found.items() if key not in usual or value != usual[key]}

    @property
    def again(self) -> bool:
        """Whether features are chosen on one half of the rows after the other."""
        return self.shadows or self.stable is not None

    @model_validator(mode="after")
    def _tells(self) -> Selection:
        if self.shadows and self.by == "variance":
            raise ValueError("a shuffled copy varies as much: `shadows` needs `by: mutual_information`")
        return self


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
    text: Text | None = None
    """Treatment of sentences, where it is not the usual one."""

    @model_serializer(mode="wrap")
    def _spelt(self, spell: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what nobody asks for, so that other pipelines keep their parameters."""
        found: dict[str, Any] = spell(self)
        return {key: value for key, value in found.items() if key != "text" or value is not None}
