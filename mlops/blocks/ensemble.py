"""`ensemble:` one more candidate, made of the others: how large it may be; read by training and nothing else."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mlops.blocks.block import Block
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
