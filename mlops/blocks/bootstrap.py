"""`evaluate.bootstrap:` how often rows are drawn again, and how sure an interval is."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mlops.blocks.block import Block


class Bootstrap(Block):
    """How intervals are found: by resampling test rows, or whole entities where rows belong to some."""

    samples: Annotated[int, Field(ge=200, le=100_000)] = 2000
    """Resamples drawn."""
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    """Confidence of intervals."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the resampling."""

    @property
    def tail(self) -> float:
        """The chance left outside at one end of an interval."""
        return (1 - self.confidence) / 2
