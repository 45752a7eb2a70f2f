"""`trainer:` how networks are fitted; PyTorch Lightning's names where it has one."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from mlops.blocks.block import Block, misplaced


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
    devices: Annotated[int, Field(ge=1, le=64)] = 1
    """Processes that train a network together (DDP), each on its share of every batch; of GPUs one each. Part of the
    result, as `threads` is: each share has random numbers of its own."""
    engine: Literal["local", "ray"] = "local"
    """Where `devices` and the trials of `tune` run: on this machine, or on the Ray cluster of `RAY_ADDRESS`. The result
    is the same."""
    compile: bool = False
    """Let `torch.compile` write kernels for a network; on a CPU it needs a C++ compiler. Kernels round in their way."""
    profile: bool = False
    """Write down what training spends its time and memory on, in `.mlops/profiles/`: no part of the result."""

    @property
    def foreign(self) -> bool:
        """Whether networks are trained by hardware, in numbers or by kernels that round in their own way."""
        return self.accelerator != "cpu" or self.precision != "32-true" or self.compile

    @model_validator(mode="after")
    def _promise_can_be_kept(self) -> Trainer:
        if self.reproducible == "anywhere" and self.foreign:
            raise ValueError("`reproducible: anywhere` needs `accelerator: cpu` and `precision: 32-true`, no `compile`")
        return self

    @model_validator(mode="after")
    def _batches_can_be_shared(self) -> Trainer:
        share, rest = divmod(self.batch_size, self.devices)
        if self.devices > 1 and (rest or share < 2):
            why = f"{self.devices} processes cannot share a batch of {self.batch_size} rows in equal parts of 2 or more"
            raise misplaced(("devices",), why, "write a `batch_size` that `devices` divides")
        return self

    @model_validator(mode="after")
    def _engine_has_it(self) -> Trainer:
        if self.engine == "ray" and self.accelerator != "cpu":
            why = f"on Ray networks are trained by CPUs, and not with `accelerator: {self.accelerator}`"
            raise misplaced(("engine",), why, "write `engine: local` for a GPU")
        return self

    @model_serializer(mode="wrap")
    def _brief(self, spell: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what nobody asks for: a pipeline that says nothing of it is compiled, and searched, as ever."""
        usual = {"devices": 1, "engine": "local", "compile": False, "profile": False}
        return {key: value for key, value in spell(self).items() if key not in usual or value != usual[key]}
