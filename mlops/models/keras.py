"""What a Keras model of a pipeline's own may be asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

from mlops.blocks.address import OWN_KIND
from mlops.blocks.block import Block, Items
from mlops.blocks.column_group import IMAGE, USUAL, declared
from mlops.blocks.number import NotNegative, Positive
from mlops.blocks.tune import Range
from mlops.kinds.kind import of_block
from mlops.kinds.reference import load

if TYPE_CHECKING:
    from mlops.ml.training.problem import Problem
    from mlops.ml.training.session import Candidate
    from mlops.ml.user_code.origin import Origin


class Keras(Block):
    """A Keras 3 model that a function of the pipeline's own makes, on PyTorch, trained by AdamW as other networks are.

    Keys other than these are the function's arguments. It needs the extra `keras`.
    """

    model_config = ConfigDict(extra="allow")

    kind: Literal["keras"]
    """Name of the kind."""
    use: Annotated[str, Field(pattern=OWN_KIND.pattern)]
    """Makes a `keras.Model`: the function `pipelines.NAME.MODULE:FUNCTION`, a file in the pipeline's own folder."""
    lr: Positive = 1e-3
    """Learning rate."""
    weight_decay: NotNegative = 0.01
    """L2 penalty, as in AdamW."""
    groups: Annotated[Items[str], AfterValidator(declared)] | None = None
    """Groups of columns that it reads, side by side, as of a class of your own; where absent numbers scaled, categories
    as `features` says, and pixels."""

    @model_serializer(mode="wrap")
    def _spelt(self, spell: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what nobody asks for."""
        found: dict[str, Any] = spell(self)
        return {key: value for key, value in found.items() if key != "groups" or value is not None}


def groups(asked: Keras) -> tuple[str, ...]:
    """Name the groups of columns that it reads."""
    return asked.groups or (*USUAL, f"{IMAGE}:*")


def candidate(problem: Problem, parameters: Keras, name: str, origin: Origin) -> Candidate:
    """Make what is to be trained; raises ConfigurationError where the function is not of the pipeline's own folder."""
    made: Candidate = load("mlops.ml.training.keras_network:candidate")(problem, parameters, name, origin)
    return made


KIND = of_block(
    Keras,
    {"train": candidate, "groups": groups},
    tasks="binary multiclass regression",
    quantile=True,
    course="train validation",
    pruned="epochs",
    own="use",  # the key that names code of a pipeline's own
    spaces={
        "default": {
            "lr": Range(low=3e-4, high=1e-2, log=True),
            "weight_decay": Range(low=1e-4, high=0.1, log=True),
        },
        "wide": {
            "lr": Range(low=3e-5, high=5e-2, log=True),
            "weight_decay": Range(low=1e-6, high=1.0, log=True),
        },
    },
    extra="keras",
    probes={},  # what its function makes is not known here: it promises nothing beyond one kind of processor
)
