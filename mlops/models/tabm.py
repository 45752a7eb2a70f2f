"""What TabM, many networks in one, may be asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from mlops.blocks.block import Block, Items
from mlops.blocks.number import Count, Dropout, NotNegative, Positive
from mlops.blocks.number_embedding import Embed, Piecewise
from mlops.blocks.tune import Range
from mlops.kinds.kind import of_block
from mlops.kinds.reference import load
from mlops.models.groups import by_columns
from mlops.models.portfolio import Portfolio, Setting
from mlops.models.probe import Probe

if TYPE_CHECKING:
    from mlops.ml.training.problem import Problem
    from mlops.ml.training.session import Candidate


class TabM(Block):
    """Many perceptrons in one that share their matrices, each trained on a loss of its own; the mean answers (TabM).

    Gorishniy, Kotelnikov and Babenko, ICLR 2025. A step costs about as much as `members` steps of an `mlp` as wide.
    """

    kind: Literal["tabm"]
    """Name of the kind."""
    members: Annotated[int, Field(ge=1, le=1_024)] = 32
    """Networks that answer together."""
    hidden: Annotated[Items[Count], Field(min_length=1)] = (512, 512)
    """Units of each hidden layer."""
    dropout: Dropout = 0.1
    """Share of units left out in a training step."""
    adapters: Literal["every", "first"] = "every"
    """Where members differ besides their last layer: in factors around every matrix, or of the inputs alone (mini)."""
    embed: Embed | None = Piecewise(kind="piecewise")
    """How numbers are embedded; `null` for not at all."""
    lr: Positive = 2e-3
    """Learning rate."""
    weight_decay: NotNegative = 3e-4
    """L2 penalty, as in AdamW, of matrices and factors."""
    level: Count = 8
    """Numbers that a category's level is embedded in at most, where `columns` are `native`."""
    embedding: Count = 32
    """Numbers that a word of a text is embedded in, where there are texts."""
    columns: Literal["native", "scaled"] = "native"
    """`native`: numbers as the table has them, a missing one with a value that is learnt, and an embedding of each
    level of a category. `scaled`: as `features` says."""


def candidate(problem: Problem, parameters: TabM) -> Candidate:
    """Make many networks in one."""
    network, body = (load(f"mlops.ml.training.member_network:{name}") for name in ("MemberNetwork", "tabm"))
    made: Candidate = load("mlops.ml.training.encoded:EncodedCandidate")(problem, parameters, network, body)
    return made


KIND = of_block(
    TabM,
    {"train": candidate, "groups": by_columns},
    tasks="binary multiclass regression",
    quantile=True,
    course="train validation",
    pruned="epochs",
    spaces={
        "default": {
            "hidden": Range(choices=((256,), (512,), (256, 256), (512, 512))),
            "dropout": Range(low=0.0, high=0.5),
            "lr": Range(low=3e-4, high=5e-3, log=True),
            "weight_decay": Range(low=1e-5, high=1e-2, log=True),
        },
        "wide": {
            "hidden": Range(choices=((128,), (512,), (1024,), (256, 256), (512, 512), (1024, 1024), (256, 256, 256))),
            "dropout": Range(low=0.0, high=0.7),
            "lr": Range(low=1e-4, high=5e-3, log=True),
            "weight_decay": Range(low=1e-6, high=1e-1, log=True),
            "adapters": Range(choices=("every", "first")),
        },
    },
    # its authors' and pytabkit's defaults are twice as wide and have twice the members; a CPU has not their time
    portfolio=Portfolio(
        (
            Setting({"dropout": 0.0, "weight_decay": 0.0}),
            Setting({"hidden": [512, 512], "members": 32}, most=2_000),
        ),
        begins={"hidden": [256, 256], "members": 16, "embed": {"kind": "piecewise", "size": 8}},
        unasked=False,
        most=2_000,
    ),
    probes={"tabm": Probe("binary", (("hidden", (300, 40)), ("members", 4)))},
)
