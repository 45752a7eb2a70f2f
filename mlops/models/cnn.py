"""What a convolutional network may be asked for."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mlops.blocks.block import Block, Items
from mlops.blocks.number import Count, Dropout, NotNegative, Positive


class Cnn(Block):
    """A convolutional network for small images, trained by AdamW (PyTorch Lightning)."""

    kind: Literal["cnn"]
    """Name of the kind."""
    channels: Annotated[Items[Count], Field(min_length=1)] = (32, 64, 64)
    """Channels of each convolution."""
    hidden: Count = 128
    """Units of the last hidden layer."""
    dropout: Dropout = 0.3
    """Share of units left out in a training step."""
    lr: Positive = 1e-3
    """Learning rate."""
    weight_decay: NotNegative = 0.01
    """L2 penalty, as in AdamW."""
