"""What XGBoost's boosted trees may be asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from mlops.blocks.block import Block
from mlops.blocks.number import Count, Fraction, NotNegative, Positive
from mlops.blocks.tune import Range
from mlops.kinds.kind import of_block
from mlops.kinds.reference import load
from mlops.models.groups import by_columns
from mlops.models.portfolio import CLASSES, NUMBER, Portfolio, Setting
from mlops.models.probe import Probe
from mlops.models.projected import PROJECTION, Width

if TYPE_CHECKING:
    from mlops.ml.training.problem import Problem
    from mlops.ml.training.session import Candidate


class XGBoost(Block):
    """Boosted trees that grow level by level (XGBoost); as many are kept as do best on validation.

    Growing ends where a hundred trees more were no better there. It needs the extra `xgboost`.
    """

    kind: Literal["xgboost"]
    """Name of the kind."""
    trees: Count = 2_000
    """Trees at most; of more than two classes, of each."""
    depth: Annotated[int, Field(ge=1, le=16)] = 6
    """Depth of a tree at most."""
    lr: Positive = 0.05
    """Learning rate."""
    min_hessian: NotNegative = 1.0
    """Sum of the loss's second derivatives that a leaf holds at least; of a number's mean, the weight of its rows."""
    rows: Fraction = 1.0
    """Share of the rows that each tree sees."""
    features: Fraction = 1.0
    """Share of the features that each branching chooses from."""
    l1: NotNegative = 0.0
    """L1 penalty of the leaves' values."""
    l2: NotNegative = 1.0
    """L2 penalty of the leaves' values."""
    min_gain: NotNegative = 0.0
    """What a branching takes off the loss at least."""
    projection: Width = PROJECTION
    """Numbers that each text becomes at most, where there are texts: directions in which training rows differ most."""
    columns: Literal["native", "target_coded", "mixed", "scaled"] = "native"
    """`native`: numbers as the table has them, a missing one going where training sent such, and categories of up to
    64 levels by sets of levels, longer ones by how frequent a level is. `target_coded`: numbers alike, and
    categories of any length as what the target was on average at a level. `mixed`: as `native`, and longer ones by
    the target too, but of folds. `scaled`: as `features` says."""


def candidate(problem: Problem, parameters: XGBoost) -> Candidate:
    """Make trees that are to grow level by level."""
    made: Candidate = load("mlops.ml.training.levelwise:LevelwiseCandidate")(problem, parameters)
    return made


KIND = of_block(
    XGBoost,
    {"train": candidate, "groups": by_columns},
    tasks="binary multiclass regression",
    quantile=True,
    course="validation",
    refit=True,
    projects=True,
    pruned="trees",
    spaces={
        "default": {
            "lr": Range(low=0.01, high=0.2, log=True),
            "depth": Range(low=3, high=10),
            "min_hessian": Range(low=0.1, high=50.0, log=True),
            "rows": Range(low=0.5, high=1.0),
            "features": Range(low=0.3, high=1.0),
            "l2": Range(low=1e-2, high=10.0, log=True),
        },
        "wide": {
            "lr": Range(low=0.003, high=0.5, log=True),
            "depth": Range(low=1, high=12),
            "min_hessian": Range(low=1e-3, high=200.0, log=True),
            "rows": Range(low=0.2, high=1.0),
            "features": Range(low=0.1, high=1.0),
            "l1": Range(low=1e-6, high=100.0, log=True),
            "l2": Range(low=1e-6, high=100.0, log=True),
            "min_gain": Range(low=1e-6, high=10.0, log=True),
        },
    },
    # the tuned defaults (TD) of Holzmüller, Grinsztajn and Steinwart, NeurIPS 2024, as their pytabkit has them;
    # then those of Probst, Boulesteix and Bischl, JMLR 2019
    portfolio=Portfolio(
        (
            Setting({"lr": 0.08, "min_hessian": 5e-6, "l2": 0.0, "rows": 0.65, "features": 0.9}, tasks=CLASSES),
            Setting({"depth": 9, "min_hessian": 2.0, "l2": 0.0, "rows": 0.7}, tasks=NUMBER),
            Setting(
                {"lr": 0.018, "depth": 13, "min_hessian": 2.06, "l1": 1.113, "rows": 0.839, "features": 0.585},
                least=2_000,
                most=20_000,
                tasks=CLASSES,
            ),
        ),
        begins={"columns": "mixed"},
        unasked=False,
    ),
    extra="xgboost",
    probes={"xgboost": Probe("binary", (("trees", 20), ("depth", 4)))},
)
