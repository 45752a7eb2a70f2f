"""What boosted trees may be asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import SerializerFunctionWrapHandler, model_serializer

from mlops.blocks.block import Block
from mlops.blocks.number import Count, Fraction, Positive
from mlops.blocks.tune import Range
from mlops.kinds.kind import of_block
from mlops.kinds.reference import load
from mlops.models.groups import by_columns
from mlops.models.probe import Probe
from mlops.models.projected import PROJECTION, Width

if TYPE_CHECKING:
    from mlops.ml.training.problem import Problem
    from mlops.ml.training.session import Candidate


class GradientBoosting(Block):
    """Boosted trees (scikit-learn); as many are kept as do best on validation.

    Growing ends where a hundred trees more were no better there.
    """

    kind: Literal["gradient_boosting"]
    """Name of the kind."""
    trees: Count = 1_000
    """Trees at most."""
    depth: Count = 4
    """Depth of a tree at most."""
    lr: Positive = 0.05
    """Learning rate."""
    min_leaf: Count = 20
    """Rows that a leaf holds at least."""
    rows: Fraction = 1.0
    """Share of the rows that each tree sees."""
    features: Fraction = 0.3
    """Share of the features that each branching chooses from."""
    projection: Width = PROJECTION
    """Numbers that each text becomes at most, where there are texts: directions in which training rows differ most."""
    columns: Literal["scaled", "native", "target_coded", "mixed"] = "scaled"
    """`scaled`: numbers imputed and scaled, categories as `features` says. `native`: numbers as the table has them, a
    missing one being less than all others, and categories as codes. `target_coded`: as `native`, with categories
    as what the target was on average at a level. `mixed`: as `native`, and those of more than 64 levels by the target
    too, but of folds."""

    @model_serializer(mode="wrap")
    def _spelt(self, spell: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what nobody asks for: a bundle that says its parameters keeps its bytes."""
        found: dict[str, Any] = spell(self)
        usual = {"columns": "scaled", "projection": PROJECTION}
        return {key: value for key, value in found.items() if key not in usual or value != usual[key]}


def candidate(problem: Problem, parameters: GradientBoosting) -> Candidate:
    """Make boosted trees; each split looks at a share of the columns, each tree at a share of the rows."""
    kind = "Regressor" if problem.task == "regression" else "Classifier"
    asked = {} if problem.quantile is None else {"loss": "quantile", "alpha": problem.quantile}
    made: Candidate = load("mlops.ml.training.candidates:estimator")(
        problem,
        f"sklearn.ensemble:GradientBoosting{kind}",
        n_estimators=parameters.trees,
        max_depth=parameters.depth,
        learning_rate=parameters.lr,
        min_samples_leaf=parameters.min_leaf,
        subsample=parameters.rows,
        max_features=parameters.features,
        **asked,
    )
    if parameters.columns == "scaled":
        return made
    filled: Candidate = load("mlops.ml.training.missing:Least")(made)  # scikit-learn boosts no rows with NaN
    return filled


KIND = of_block(
    GradientBoosting,
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
            "depth": Range(low=2, high=8),
            "min_leaf": Range(low=2, high=100, log=True),
            "rows": Range(low=0.5, high=1.0),
            "features": Range(low=0.1, high=1.0),
        },
        "wide": {
            "lr": Range(low=0.003, high=0.5, log=True),
            "depth": Range(low=1, high=12),
            "min_leaf": Range(low=1, high=500, log=True),
            "rows": Range(low=0.2, high=1.0),
            "features": Range(low=0.03, high=1.0),
        },
    },
    probes={"gradient_boosting": Probe("binary", (("trees", 20), ("min_leaf", 5)))},
)
