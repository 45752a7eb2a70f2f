"""What a multi-layer perceptron may be asked for."""

from __future__ import annotations

from typing import Literal

from mlops.blocks.block import Block, Items
from mlops.blocks.number import Count, Dropout, NotNegative, Positive


class Mlp(Block):
    """A multi-layer perceptron, trained by AdamW (PyTorch Lightning)."""

    kind: Literal["mlp"]
    """Name of the kind."""
    hidden: Items[Count] = (256, 256)
    """Units of each hidden layer."""
    dropout: Dropout = 0.2
    """Share of units left out in a training step."""
    lr: Positive = 1e-3
    """Learning rate."""
    weight_decay: NotNegative = 0.01
    """L2 penalty, as in AdamW."""
