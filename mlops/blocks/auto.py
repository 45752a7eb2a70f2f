"""`auto:` a model without naming one: every kind that suits the task is tried under one budget."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mlops.blocks.block import Block, Items, Name


class Auto(Block):
    """Every kind with a portfolio that suits the task is a candidate, is searched under one budget, may be a member.

    It comes to `model`, `tune` and `ensemble` as people would write them: what they do write there goes before. The
    search is a race: after each round the worse half of the candidates is searched no further.

    Example:
        >>> Auto(minutes=10).trials
        40
    """

    trials: Annotated[int, Field(ge=1, le=10_000)] = 40
    """Trials of all candidates together."""
    minutes: Annotated[float, Field(gt=0)] | None = None
    """Begin no round of trials after so long; such a search is not repeatable, and the report says so."""
    kinds: Annotated[Items[Name], Field(min_length=1)] | None = None
    """Kinds to try, of those that have a portfolio; all of them where absent."""
