"""What CatBoost's boosted trees may be asked for."""

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


class CatBoost(Block):
    """Boosted trees that ask one question at each depth (CatBoost); as many are kept as do best on validation.

    Growing ends where a hundred trees more were no better there. It needs the extra `catboost`.
    """

    kind: Literal["catboost"]
    """Name of the kind."""
    trees: Count = 2_000
    """Trees at most."""
    depth: Annotated[int, Field(ge=1, le=12)] = 6
    """Depth of every tree."""
    lr: Positive = 0.05
    """Learning rate."""
    l2: NotNegative = 3.0
    """L2 penalty of the leaves' values."""
    rows: Fraction = 1.0
    """Share of the rows that each tree sees."""
    features: Fraction = 1.0
    """Share of the features that each depth chooses from."""
    noise: NotNegative = 1.0
    """How strongly the scores of branchings are shaken, the less the more trees there are."""
    boosting: Literal["plain", "ordered"] = "plain"
    """`ordered`: a row's error is that of trees which have not seen it, for small tables; about four times as slow."""
    projection: Width = PROJECTION
    """Numbers that each text becomes at most, where there are texts: directions in which training rows differ most."""
    columns: Literal["target_coded", "native", "mixed", "scaled"] = "target_coded"
    """`target_coded`: numbers as the table has them, a missing one being less than all others, and categories as what
    the target was on average at a level. `native`: categories as codes. `mixed`: as `native`, and those of more than
    64 levels by the target too, but of folds. `scaled`: as `features` says."""


def candidate(problem: Problem, parameters: CatBoost) -> Candidate:
    """Make trees that are to grow a depth at a time."""
    made: Candidate = load("mlops.ml.training.oblivious:ObliviousCandidate")(problem, parameters)
    return made


KIND = of_block(
    CatBoost,
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
            "depth": Range(low=4, high=8),
            "l2": Range(low=0.1, high=30.0, log=True),
            "rows": Range(low=0.5, high=1.0),
            "features": Range(low=0.3, high=1.0),
        },
        "wide": {
            "lr": Range(low=0.003, high=0.5, log=True),
            "depth": Range(low=2, high=10),
            "l2": Range(low=1e-3, high=100.0, log=True),
            "rows": Range(low=0.2, high=1.0),
            "features": Range(low=0.1, high=1.0),
            "noise": Range(low=0.0, high=10.0),
        },
    },
    # the tuned defaults (TD) of Holzmüller, Grinsztajn and Steinwart, NeurIPS 2024, as their pytabkit has them
    portfolio=Portfolio(
        (
            Setting({"lr": 0.08, "depth": 7, "l2": 1e-5, "rows": 0.9, "noise": 0.8}, tasks=CLASSES),
            Setting({"lr": 0.09, "depth": 9, "l2": 1e-5, "rows": 0.9, "noise": 0.0}, tasks=NUMBER),
        ),
        begins={"columns": "mixed"},
        unasked=False,
    ),
    extra="catboost",
    probes={"catboost": Probe("binary", (("trees", 20), ("depth", 4)))},
)
