"""What a random forest may be asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from mlops.blocks.block import Block, Column
from mlops.blocks.number import Count, Fraction
from mlops.blocks.tune import Range
from mlops.kinds.kind import of_block
from mlops.kinds.reference import load
from mlops.models.groups import by_columns
from mlops.models.portfolio import Portfolio, Setting
from mlops.models.probe import Probe
from mlops.models.projected import PROJECTION, Width

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
    columns: Literal["scaled", "native", "target_coded", "mixed"] = "scaled"
    """`scaled`: numbers imputed and scaled, categories as `features` says. `native`: numbers as the table has them, of
    which each branching learns where missing ones go, and categories as codes. `target_coded`: as `native`, with
    categories as what the target was on average at a level. `mixed`: as `native`, and those of more than 64 levels by
    the target too, but of folds."""
    projection: Width = PROJECTION
    """Numbers that each text becomes at most, where there are texts: directions in which training rows differ most."""

    @model_validator(mode="after")
    def _knows_missing(self) -> RandomForest:
        if self.monotone and self.columns != "scaled":
            raise ValueError("`monotone` needs `columns: scaled`: trees that are held to it know no missing numbers")
        return self

    @model_serializer(mode="wrap")
    def _spelt(self, spell: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what nobody asks for: a bundle that says its parameters keeps its bytes."""
        found: dict[str, Any] = spell(self)
        usual = {"monotone": {}, "columns": "scaled", "projection": PROJECTION}
        return {key: value for key, value in found.items() if key not in usual or value != usual[key]}


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
    {"train": candidate, "groups": by_columns},
    tasks="binary multiclass regression",
    refit=True,
    projects=True,
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
    portfolio=Portfolio(
        (
            Setting({"depth": 16, "min_leaf": 3, "features": 0.3}, most=50_000),
            Setting({"depth": 10, "min_leaf": 5, "features": 1.0}, most=50_000),
        ),
        begins={"columns": "mixed"},
    ),
    probes={"random_forest": Probe("regression", (("trees", 10), ("depth", 4)))},
)
