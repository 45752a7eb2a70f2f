"""What a random forest may be asked for."""

from __future__ import annotations

from typing import Literal

from mlops.blocks.block import Block
from mlops.blocks.number import Count, Fraction


class RandomForest(Block):
    """Averaged trees (scikit-learn)."""

    kind: Literal["random_forest"]
    """Name of the kind."""
    trees: Count = 200
    """Trees."""
    depth: Count | None = 10
    """Depth of a tree at most; `null` for no limit."""
    min_leaf: Count = 10
    """Rows that a leaf holds at least."""
    features: Fraction = 0.5
    """Share of the features that each branching chooses from."""
