"""`trainer:` how networks are fitted; PyTorch Lightning's names where it has one."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mlops.spec.block import Block


class Trainer(Block):
    """Settings of the training loop."""

    max_epochs: Annotated[int, Field(ge=1, le=100_000)] = 40
    """Passes over the training part, at most."""
    batch_size: Annotated[int, Field(ge=1)] = 256
    """Rows a training step sees."""
    patience: Annotated[int, Field(ge=1)] | None = 8
    """Epochs without improvement on validation before training stops."""
    threads: Annotated[int, Field(ge=1, le=1024)] = 1
    """Threads of a stage; part of the result, since it decides the order of floating-point sums."""
    accelerator: Literal["cpu", "gpu", "auto"] = "cpu"
    """What networks are trained on."""
    precision: Literal["32-true", "bf16-mixed"] = "32-true"
    """Numbers that networks are trained with."""
    gradient_clip: Annotated[float, Field(gt=0)] | None = None
    """Longest gradient; longer ones are shortened to it."""
