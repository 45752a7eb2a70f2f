"""What a multi-layer perceptron may be asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import SerializerFunctionWrapHandler, model_serializer

from mlops.blocks.block import Block, Items
from mlops.blocks.number import Count, Dropout, NotNegative, Positive
from mlops.blocks.number_embedding import Embed
from mlops.blocks.tune import Range
from mlops.kinds.kind import of_block
from mlops.kinds.reference import load
from mlops.models.groups import by_columns
from mlops.models.portfolio import Portfolio, Setting
from mlops.models.probe import Probe

if TYPE_CHECKING:
    from mlops.ml.training.problem import Problem
    from mlops.ml.training.session import Candidate

_EMBEDDING, _LEVEL = 32, 8


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
    embedding: Count = _EMBEDDING
    """Numbers that a word of a text is embedded in, where there are texts."""
    embed: Embed | None = None
    """How numbers are embedded; they are clipped to 10 ranges beyond training's then. `null` for not at all."""
    columns: Literal["scaled", "native"] = "scaled"
    """`native`: numbers as the table has them, a missing one with a value that is learnt, and an embedding of each
    level of a category. `scaled`: as `features` says."""
    level: Count = _LEVEL
    """Numbers that a category's level is embedded in at most, where `columns` are `native`."""

    @model_serializer(mode="wrap")
    def _spelt(self, spell: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what nobody asks for: a bundle that says its parameters keeps its bytes."""
        found: dict[str, Any] = spell(self)
        usual = {"embedding": _EMBEDDING, "embed": None, "columns": "scaled", "level": _LEVEL}
        return {key: value for key, value in found.items() if key not in usual or value != usual[key]}

    @property
    def encodes(self) -> bool:
        """Whether its first layer is measured on the training rows."""
        return self.embed is not None or self.columns == "native"


def candidate(problem: Problem, parameters: Mlp) -> Candidate:
    """Make a network of full layers."""
    if parameters.encodes:
        network, encoded = load("mlops.ml.training.networks:Network"), load("mlops.ml.training.encoded:mlp")
        found: Candidate = load("mlops.ml.training.encoded:EncodedCandidate")(problem, parameters, network, encoded)
        return found
    body = load("mlops.ml.training.networks:mlp")
    made: Candidate = load("mlops.ml.training.candidates:network")(
        problem, parameters, lambda: body(problem, parameters.hidden, parameters.dropout, parameters.embedding)
    )
    return made


KIND = of_block(
    Mlp,
    {"train": candidate, "groups": by_columns},
    tasks="binary multiclass regression",
    quantile=True,
    course="train validation",
    pruned="epochs",
    spaces={
        "default": {
            "hidden": Range(choices=((128,), (256,), (128, 128), (256, 256), (512, 256))),
            "dropout": Range(low=0.0, high=0.5),
            "lr": Range(low=3e-4, high=1e-2, log=True),
            "weight_decay": Range(low=1e-4, high=0.1, log=True),
        },
        "wide": {
            "hidden": Range(choices=((64,), (256,), (512,), (128, 128), (256, 256), (512, 512), (256, 256, 256))),
            "dropout": Range(low=0.0, high=0.7),
            "lr": Range(low=3e-5, high=5e-2, log=True),
            "weight_decay": Range(low=1e-6, high=1.0, log=True),
        },
    },
    portfolio=Portfolio(
        (
            Setting({"hidden": [512, 256], "dropout": 0.3, "lr": 1e-3, "weight_decay": 0.05}),
            Setting({"hidden": [128, 128], "dropout": 0.0, "lr": 3e-3}),
        )
    ),
    # From inner sizes of 256 on MKL rounds otherwise on AMD than on Intel: each network's probe has such a layer.
    probes={
        "mlp": Probe("binary", (("hidden", (300, 40)),)),
        "mlp_periodic": Probe("regression", (("hidden", (300, 40)), ("embed", {"kind": "periodic"}))),
        "mlp_piecewise": Probe("multiclass", (("hidden", (300, 40)), ("embed", {"kind": "piecewise"}))),
    },
)
