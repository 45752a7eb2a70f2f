"""What LightGBM's boosted trees may be asked for."""

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


class LightGBM(Block):
    """Boosted trees that grow leaf by leaf (LightGBM); as many are kept as do best on validation.

    Growing ends where a hundred trees more were no better there.
    """

    kind: Literal["lightgbm"]
    """Name of the kind."""
    trees: Count = 2_000
    """Trees at most; of more than two classes, of each."""
    leaves: Annotated[int, Field(ge=2, le=4_096)] = 31
    """Leaves of a tree at most."""
    depth: Count | None = None
    """Depth of a tree at most; `null` for no limit but its leaves."""
    lr: Positive = 0.05
    """Learning rate."""
    min_leaf: Count = 20
    """Rows that a leaf holds at least."""
    rows: Fraction = 1.0
    """Share of the rows that each tree sees."""
    features: Fraction = 1.0
    """Share of the features that each branching chooses from."""
    l1: NotNegative = 0.0
    """L1 penalty of the leaves' values."""
    l2: NotNegative = 0.0
    """L2 penalty of the leaves' values."""
    projection: Width = PROJECTION
    """Numbers that each text becomes at most, where there are texts: directions in which training rows differ most."""
    columns: Literal["native", "target_coded", "mixed", "scaled"] = "native"
    """`native`: numbers as the table has them, a missing one going where training sent such, and categories of up to
    64 levels by sets of levels, longer ones by how frequent a level is. `target_coded`: numbers alike, and
    categories of any length as what the target was on average at a level. `mixed`: as `native`, and longer ones by
    the target too, but of folds. `scaled`: as `features` says."""


def candidate(problem: Problem, parameters: LightGBM) -> Candidate:
    """Make trees that are to grow leaf by leaf."""
    made: Candidate = load("mlops.ml.training.leafwise:LeafwiseCandidate")(problem, parameters)
    return made


KIND = of_block(
    LightGBM,
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
            "leaves": Range(low=4, high=128, log=True),
            "min_leaf": Range(low=2, high=100, log=True),
            "rows": Range(low=0.5, high=1.0),
            "features": Range(low=0.3, high=1.0),
            "l2": Range(low=1e-3, high=10.0, log=True),
        },
        "wide": {
            "lr": Range(low=0.003, high=0.5, log=True),
            "leaves": Range(low=2, high=512, log=True),
            "min_leaf": Range(low=1, high=500, log=True),
            "rows": Range(low=0.2, high=1.0),
            "features": Range(low=0.1, high=1.0),
            "l1": Range(low=1e-6, high=100.0, log=True),
            "l2": Range(low=1e-6, high=100.0, log=True),
        },
    },
    # the tuned defaults (TD) of Holzmüller, Grinsztajn and Steinwart, NeurIPS 2024, as their pytabkit has them;
    # then after the defaults and portfolios of AutoGluon (Erickson et al., 2020; Salinas and Erickson, TabRepo, 2024)
    portfolio=Portfolio(
        (
            Setting({"lr": 0.04, "leaves": 50, "min_leaf": 40, "rows": 0.75}, tasks=CLASSES),
            Setting({"lr": 0.05, "leaves": 100, "min_leaf": 3, "rows": 0.7}, tasks=NUMBER),
            Setting({"lr": 0.03, "leaves": 127, "min_leaf": 5, "features": 0.9}, least=2_000),
            Setting({"lr": 0.02, "leaves": 15, "min_leaf": 5, "rows": 0.8, "features": 0.5}),
            Setting({"lr": 0.05, "leaves": 7, "min_leaf": 3, "rows": 0.8, "features": 0.7}, most=2_000),
            Setting({"lr": 0.03, "leaves": 63, "min_leaf": 20, "rows": 0.7, "features": 0.6, "l2": 1.0}, least=2_000),
        ),
        begins={"columns": "mixed"},
    ),
    probes={"lightgbm": Probe("binary", (("trees", 20), ("min_leaf", 5)))},
)
