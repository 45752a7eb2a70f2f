"""What a random forest may be asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mlops.blocks.block import Block
from mlops.blocks.number import Count, Fraction
from mlops.kinds.kind import of_block
from mlops.kinds.reference import load
from mlops.models.probe import Probe

if TYPE_CHECKING:
    from mlops.ml.training.problem import Problem
    from mlops.ml.training.session import Candidate


class RandomForest(Block):
    """Averaged trees (scikit-learn)."""

    kind: Literal["random_forest"]
    """Name of the kind."""
    trees: Count = 200
    """Trees."""
    depth: Count | None = 10
    """Depth of a tree at most; `null` for no limit."""
    min_leaf: Count = 10
    """Rows that a leaf holds at least."""
    features: Fraction = 0.5
    """Share of the features that each branching chooses from."""


def candidate(problem: Problem, parameters: RandomForest) -> Candidate:
    """Make averaged trees; each split looks at a share of the columns."""
    kind = "Regressor" if problem.task == "regression" else "Classifier"
    made: Candidate = load("mlops.ml.training.candidates:estimator")(
        problem,
        f"sklearn.ensemble:RandomForest{kind}",
        threads="n_jobs",
        n_estimators=parameters.trees,
        max_depth=parameters.depth,
        min_samples_leaf=parameters.min_leaf,
        max_features=parameters.features,
    )
    return made


KIND = of_block(
    RandomForest,
    {"train": candidate},
    tasks="binary multiclass regression",
    refit=True,
    probes={"random_forest": Probe("regression", (("trees", 10), ("depth", 4)))},
)
