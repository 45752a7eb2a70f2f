"""What RealMLP, a perceptron with tuned defaults, may be asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from mlops.blocks.block import Block, Items
from mlops.blocks.number import Count, Dropout, NotNegative, Positive
from mlops.blocks.number_embedding import Embed, PeriodicBias
from mlops.blocks.tune import Range
from mlops.kinds.kind import of_block
from mlops.kinds.reference import load
from mlops.models.groups import by_columns
from mlops.models.portfolio import Portfolio, Setting
from mlops.models.probe import Probe

if TYPE_CHECKING:
    from mlops.ml.training.problem import Problem
    from mlops.ml.training.session import Candidate


class RealMlp(Block):
    """A perceptron whose parametrisation, schedules and defaults were chosen on many tables (RealMLP).

    Holzmüller, Grinsztajn and Steinwart, NeurIPS 2024. Its learning rate goes in four waves over all of `max_epochs`:
    the paper has 256 of them, batches of 256 and no `patience`.
    """

    kind: Literal["realmlp"]
    """Name of the kind."""
    hidden: Annotated[Items[Count], Field(min_length=1)] = (256, 256, 256)
    """Units of each hidden layer."""
    dropout: Dropout = 0.15
    """Share of units left out in a training step; it fades over the second half."""
    embed: Embed | None = PeriodicBias(kind="pbld")
    """How numbers are embedded; `null` for not at all."""
    lr: Positive | None = None
    """Learning rate at the height of a wave; 0.04 where classes are learnt and 0.2 where a number is, if `null`."""
    weight_decay: NotNegative = 0.02
    """L2 penalty, as in AdamW, of matrices; it fades over the second half."""
    smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Share of a label that is dealt to all classes alike."""
    level: Count = 8
    """Numbers that a category's level is embedded in at most, where `columns` are `native`."""
    embedding: Count = 32
    """Numbers that a word of a text is embedded in, where there are texts."""
    columns: Literal["native", "scaled"] = "native"
    """`native`: numbers as the table has them, a missing one with a value that is learnt, and an embedding of each
    level of a category. `scaled`: as `features` says."""


def candidate(problem: Problem, parameters: RealMlp) -> Candidate:
    """Make a perceptron with tuned defaults."""
    made: Candidate = load("mlops.ml.training.real_network:candidate")(problem, parameters)
    return made


KIND = of_block(
    RealMlp,
    {"train": candidate, "groups": by_columns},
    tasks="binary multiclass regression",
    quantile=True,
    course="train validation",
    pruned="epochs",
    spaces={
        "default": {
            "hidden": Range(choices=((256, 256, 256), (64, 64, 64, 64, 64), (512,))),
            "dropout": Range(choices=(0.0, 0.15, 0.3)),
            "lr": Range(low=0.02, high=0.3, log=True),
            "weight_decay": Range(choices=(0.0, 0.02)),
            "smoothing": Range(choices=(0.0, 0.1)),
        },
        "wide": {
            "hidden": Range(choices=((256, 256, 256), (64, 64, 64, 64, 64), (512,), (512, 512), (128, 128))),
            "dropout": Range(low=0.0, high=0.5),
            "lr": Range(low=0.005, high=0.5, log=True),
            "weight_decay": Range(low=1e-4, high=0.2, log=True),
            "smoothing": Range(low=0.0, high=0.2),
        },
    },
    # the kind as it stands has the tuned defaults (RealMLP-TD); its schedule wants a `trainer` of its own
    portfolio=Portfolio(
        (Setting({"smoothing": 0.0}), Setting({"hidden": [512], "dropout": 0.0}, most=2_000)),
        unasked=False,
    ),
    probes={"realmlp": Probe("multiclass", (("hidden", (300, 40)),))},
)
