"""What a linear model may be asked for."""

from __future__ import annotations

from typing import Literal

from mlops.blocks.block import Block
from mlops.blocks.number import Positive


class Linear(Block):
    """Logistic regression, or ridge regression of a number (scikit-learn)."""

    kind: Literal["linear"]
    """Name of the kind."""
    l2: Positive = 1.0
    """Strength of the penalty on large weights."""
