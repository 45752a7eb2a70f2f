"""`ensemble:` one more candidate, made of the others: how large it may be; read by training and nothing else."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mlops.blocks.block import Block, Column, Items
from mlops.blocks.forecast import Every
from mlops.blocks.number import Positive

ENSEMBLE = "ensemble"
"""What the candidate is called, and its kind."""


class Ensemble(Block):
    """A weighted mean of trained candidates, by greedy selection with replacement (Caruana et al., ICML 2004).

    It is chosen on validation as every candidate is, by its score on rows that had no say in its weights; it is written
    as one graph. A clock decides nothing here: how long it answers is measured, and held by a gate of `serving`.

    Example:
        >>> Ensemble(members=4).draws
        40
    """

    members: Annotated[int, Field(ge=2, le=32)] = 8
    """Models at most."""
    draws: Annotated[int, Field(ge=2, le=200)] = 40
    """Times that a model is drawn at most; its weight is how often it was, of all draws."""
    trials: Annotated[int, Field(ge=0, le=20)] = 0
    """Further trials of each candidate's search, the best first, that may be members: each is trained again."""
    megabytes: Positive | None = 20
    """Size of the graphs of all members together at most; `null` for no limit."""
    operations: Annotated[int, Field(ge=1)] | None = None
    """Comparisons and multiplications that one row takes at most, counted in the graphs; `null` for no limit."""


class Together(Block):
    """What rows hang together by: each column's values are drawn whole where models are compared on them.

    Example:
        >>> Together(columns=("person", "day")).every is None
        True
    """

    columns: Items[Column]
    """Columns such as an entity, a group or a date; of a forecast, the date."""
    every: Every | None = None
    """Period of a forecast, whose dates are drawn in blocks of neighbours."""
    horizon: Annotated[int, Field(ge=1)] = 1
    """Periods that such a block has at least."""
