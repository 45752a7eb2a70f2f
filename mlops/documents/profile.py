"""`profile.json`: what the training columns and the scores of other rows looked like, small enough to travel along."""

from __future__ import annotations

import math
from typing import Literal, Self

from pydantic import Field

from mlops.documents.document import Document, Number, Part

_BETWEEN = 3  # version from which on edges lie between values
_ROUNDING = 5.1e-6  # relative error of an edge that was rounded to six digits


class Numbers(Part):
    """Moments, twentieths, and the share of each value where there are few, else of each bin between `edges`."""

    distinct: int | None = None
    mean: Number | None = None
    std: Number | None = None
    quantiles: tuple[Number, ...] = ()
    values: tuple[Number, ...] | None = None
    edges: tuple[Number, ...] = ()
    shares: tuple[Number, ...] = ()

    @property
    def lowered(self) -> Self:
        """Move edges of an earlier version, which stand on values that belong to the bin above, to below them.

        They were rounded to six digits, so that one may lie above the value it was made of.
        """
        edges = tuple(math.nextafter(edge - _ROUNDING * abs(edge), -math.inf) for edge in self.edges)
        return self.model_copy(update={"edges": edges} if edges else {})


class Levels(Part):
    """Shares of texts, the commonest first, and of all others."""

    frequencies: dict[str, Number] = Field(default_factory=dict)
    other: Number = 0.0


class Tokens(Part):
    """Shares of `rows` sentences by the first that each has of some tokens (their ids), and last of those with none."""

    ids: tuple[int, ...]
    shares: tuple[Number, ...]
    rows: int


class ColumnProfile(Numbers, Levels):
    """One column: numbers, levels, lengths of sentences, or dates: days since the first, and parts that are read."""

    type: str
    nulls: Number
    minimum: str | None = None
    maximum: str | None = None
    days: Numbers | None = None
    parts: dict[str, Numbers] = Field(default_factory=dict)
    unseen: Numbers | None = None
    """Of sentences, whose numbers are those of their length in characters: the share of tokens that are new."""
    tokens: Tokens | None = None
    """Of sentences: which tokens they have."""

    @property
    def lowered(self) -> Self:
        """Move the edges of the column, of its days and of its parts."""
        days = None if self.days is None else self.days.lowered
        parts = {name: part.lowered for name, part in self.parts.items()}
        return super().lowered.model_copy(update={"days": days, "parts": parts})


class ScoreProfile(Numbers):
    """Scores: numbers, or how often each class is the likeliest, and the probability of that."""

    classes: dict[str, Number] | None = None
    likeliest: Numbers | None = None

    @property
    def lowered(self) -> Self:
        """Move the edges of scores and of probabilities."""
        likeliest = None if self.likeliest is None else self.likeliest.lowered
        return super().lowered.model_copy(update={"likeliest": likeliest})


class Profile(Document):
    """What a window of requests is compared with; `score_rows` is what the scores' profile was made of."""

    schema_version: Literal[1, 2, 3] = 1
    rows: int
    columns: dict[str, ColumnProfile]
    scores: ScoreProfile
    score_rows: int | None = None

    @property
    def between_values(self) -> Profile:
        """Read a profile of an earlier version as one of this: every edge lies between two values."""
        if self.schema_version >= _BETWEEN:
            return self
        columns = {name: column.lowered for name, column in self.columns.items()}
        return self.model_copy(update={"columns": columns, "scores": self.scores.lowered})
