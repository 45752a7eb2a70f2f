"""What a convolutional network may be asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from mlops.blocks.block import Block, Column, Items
from mlops.blocks.number import Count, Dropout, NotNegative, Positive
from mlops.blocks.tune import Range
from mlops.errors import ConfigurationError
from mlops.kinds.kind import of_block
from mlops.kinds.reference import load
from mlops.models.groups import by_picture
from mlops.models.portfolio import Portfolio, Setting
from mlops.models.probe import Probe

if TYPE_CHECKING:
    from mlops.ml.training.problem import Problem
    from mlops.ml.training.session import Candidate


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
    image: Column | None = None
    """Column of pictures that it reads, where a row has other columns too."""

    @model_serializer(mode="wrap")
    def _spelt(self, spell: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what nobody asks for: a bundle that says its parameters keeps its bytes."""
        found: dict[str, Any] = spell(self)
        return {key: value for key, value in found.items() if key != "image" or value is not None}


def candidate(problem: Problem, parameters: Cnn) -> Candidate:
    """Make a network of convolutions; raises ConfigurationError where rows are no images."""
    if len(problem.shape) != 3:
        raise ConfigurationError(
            f"kind cnn needs images, and a row here has shape {list(problem.shape)}",
            hint="use `kind: mlp`, or features of `kind: image`",
        )
    body, widths = load("mlops.ml.training.networks:cnn"), (parameters.channels, parameters.hidden, parameters.dropout)
    made: Candidate = load("mlops.ml.training.candidates:network")(problem, parameters, lambda: body(problem, *widths))
    return made


KIND = of_block(
    Cnn,
    {"train": candidate, "groups": by_picture},
    tasks="binary multiclass regression",
    quantile=True,
    course="train validation",
    features="image",
    pruned="epochs",
    spaces={
        "default": {
            "channels": Range(choices=((16, 32), (32, 64), (32, 64, 64), (64, 128, 128))),
            "hidden": Range(choices=(64, 128, 256)),
            "dropout": Range(low=0.0, high=0.6),
            "lr": Range(low=3e-4, high=1e-2, log=True),
            "weight_decay": Range(low=1e-4, high=0.1, log=True),
        },
        "wide": {
            "channels": Range(choices=((16,), (16, 32), (32, 64), (32, 64, 64), (64, 128, 128), (32, 64, 64, 128))),
            "hidden": Range(choices=(32, 64, 128, 256, 512)),
            "dropout": Range(low=0.0, high=0.8),
            "lr": Range(low=3e-5, high=5e-2, log=True),
            "weight_decay": Range(low=1e-6, high=1.0, log=True),
        },
    },
    portfolio=Portfolio(
        (Setting({"lr": 3e-3}), Setting({"channels": [64, 128, 128], "hidden": 256, "dropout": 0.4})),
        tables=False,
        pictures=True,
    ),
    probes={"cnn": Probe("multiclass", (("channels", (8, 16)), ("hidden", 300)), (1, 6, 6))},
)
