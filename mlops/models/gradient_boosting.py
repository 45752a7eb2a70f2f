"""What boosted trees may be asked for."""

from __future__ import annotations

from typing import Literal

from mlops.blocks.block import Block
from mlops.blocks.number import Count, Fraction, Positive


class GradientBoosting(Block):
    """Boosted trees (scikit-learn); as many are kept as do best on validation."""

    kind: Literal["gradient_boosting"]
    """Name of the kind."""
    trees: Count = 300
    """Trees at most."""
    depth: Count = 4
    """Depth of a tree at most."""
    lr: Positive = 0.05
    """Learning rate."""
    min_leaf: Count = 20
    """Rows that a leaf holds at least."""
    rows: Fraction = 1.0
    """Share of the rows that each tree sees."""
    features: Fraction = 0.3
    """Share of the features that each branching chooses from."""
