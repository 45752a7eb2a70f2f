"""What a random forest may be asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from mlops.blocks.block import Block, Column
from mlops.blocks.number import Count, Fraction
from mlops.blocks.tune import Range
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
    monotone: dict[Column, Literal["up", "down"]] = Field(default_factory=dict)
    """Columns of numbers by which the answer only rises, or only falls, whatever the others say: of two classes the
    probability of the positive one. Not for more classes."""

    @model_serializer(mode="wrap")
    def _spelt(self, spell: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what nobody asks for: a bundle that says its parameters keeps its bytes."""
        found: dict[str, Any] = spell(self)
        return {key: value for key, value in found.items() if key != "monotone" or value}


def candidate(problem: Problem, parameters: RandomForest) -> Candidate:
    """Make averaged trees; each split looks at a share of the columns."""
    held = {"monotonic_cst": problem.signs(parameters.monotone)} if parameters.monotone else {}
    kind = "Regressor" if problem.task == "regression" else "Classifier"
    made: Candidate = load("mlops.ml.training.candidates:estimator")(
        problem,
        f"sklearn.ensemble:RandomForest{kind}",
        threads="n_jobs",
        n_estimators=parameters.trees,
        max_depth=parameters.depth,
        min_samples_leaf=parameters.min_leaf,
        max_features=parameters.features,
        **held,
    )
    return made


KIND = of_block(
    RandomForest,
    {"train": candidate},
    tasks="binary multiclass regression",
    refit=True,
    spaces={
        "default": {
            "depth": Range(choices=(6, 10, 16, None)),
            "min_leaf": Range(low=1, high=50, log=True),
            "features": Range(low=0.2, high=1.0),
        },
        "wide": {
            "trees": Range(low=100, high=500, step=100),
            "depth": Range(choices=(4, 6, 10, 16, 24, None)),
            "min_leaf": Range(low=1, high=200, log=True),
            "features": Range(low=0.05, high=1.0),
        },
    },
    probes={"random_forest": Probe("regression", (("trees", 10), ("depth", 4)))},
)
