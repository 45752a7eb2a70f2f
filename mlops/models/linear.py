"""What a linear model may be asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mlops.blocks.block import Block
from mlops.blocks.number import Positive
from mlops.blocks.tune import Range
from mlops.kinds.kind import of_block
from mlops.kinds.reference import load
from mlops.models.portfolio import Portfolio, Setting
from mlops.models.probe import Probe

if TYPE_CHECKING:
    from mlops.ml.training.problem import Problem
    from mlops.ml.training.session import Candidate


class Linear(Block):
    """Logistic regression, or ridge regression of a number (scikit-learn)."""

    kind: Literal["linear"]
    """Name of the kind."""
    l2: Positive = 1.0
    """Strength of the penalty on large weights; a quantile is learnt by linear programming, without one."""


def candidate(problem: Problem, parameters: Linear) -> Candidate:
    """Make logistic regression, or ridge regression of a number."""
    estimator = load("mlops.ml.training.candidates:estimator_of_tokens")
    if problem.quantile is not None:
        named = "sklearn.linear_model:QuantileRegressor"
        quantiles: Candidate = estimator(problem, named, quantile=problem.quantile, alpha=0.0, solver="highs")
        return quantiles
    if problem.task == "regression":
        solver = {"solver": "sparse_cg", "tol": 1e-9, "max_iter": 10_000} if problem.layout.texts else {}
        made: Candidate = estimator(problem, "sklearn.linear_model:Ridge", alpha=parameters.l2, **solver)
    else:
        settings = {"C": 1 / parameters.l2, "max_iter": 2000, "tol": 1e-6}
        made = estimator(problem, "sklearn.linear_model:LogisticRegression", **settings)
    return made


KIND = of_block(
    Linear,
    {"train": candidate},
    tasks="binary multiclass regression",
    refit=True,
    quantile=True,
    groups="scaled onehot ordinal text:* image:*",
    spaces={
        "default": {"l2": Range(low=1e-3, high=1e3, log=True)},
        "wide": {"l2": Range(low=1e-6, high=1e6, log=True)},
    },
    portfolio=Portfolio((Setting({"l2": 0.1}), Setting({"l2": 10.0}), Setting({"l2": 100.0}, most=2_000))),
    probes={"linear": Probe("multiclass"), "ridge": Probe("regression")},
)
