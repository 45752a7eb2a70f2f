"""How the steps of a network without further choices go."""

from __future__ import annotations

from mlops.blocks.block import Block
from mlops.blocks.number import NotNegative, Positive


class Descent(Block):
    """Steps of AdamW."""

    lr: Positive = 0.01
    """Learning rate."""
    weight_decay: NotNegative = 1e-3
    """L2 penalty, as in AdamW."""
