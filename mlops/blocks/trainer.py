"""`trainer:` how networks are fitted; PyTorch Lightning's names where it has one."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from mlops.blocks.block import Block


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
    reproducible: Literal["anywhere", "processor"] | None = None
    """Where a run gives the same bits: on any x86-64 processor, or on one kind of it. Of itself it is `processor` for
    kinds of your own, other accelerators and `bf16-mixed`; `anywhere` makes what MKL multiplies 2 to 4 times slower."""
    gradient_clip: Annotated[float, Field(gt=0)] | None = None
    """Longest gradient; longer ones are shortened to it."""

    @property
    def foreign(self) -> bool:
        """Whether networks are trained by hardware, or in numbers, that round in their own way."""
        return self.accelerator != "cpu" or self.precision != "32-true"

    @model_validator(mode="after")
    def _promise_can_be_kept(self) -> Trainer:
        if self.reproducible == "anywhere" and self.foreign:
            raise ValueError("`reproducible: anywhere` needs `accelerator: cpu` and `precision: 32-true`")
        return self
