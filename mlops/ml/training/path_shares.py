"""Shares that a library of boosted trees takes from their own paths, as shares of what is explained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlops.ml.training.attributions import Attributions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops.ml.training.problem import Problem, Scale


def of_paths(problem: Problem, scale: Scale, shares: NDArray[np.float64], output: NDArray[np.float64]) -> Attributions:
    """Take shares [n, features + 1], the last the base, and scores [n]; of classes [n, k, ...], the likeliest's."""
    if problem.task == "multiclass":
        picked, each = output.argmax(axis=1), np.arange(len(output))
        shares, output = shares[each, picked], output[each, picked]
    values, base = shares[:, :-1], shares[:, -1]
    if problem.task != "regression":
        return Attributions("SHAP", "log-odds", values, base, output)
    deviation, mean = scale.deviation, scale.mean
    return Attributions("SHAP", "target", values * deviation, base * deviation + mean, output * deviation + mean)
