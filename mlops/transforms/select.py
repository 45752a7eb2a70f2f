"""How useful a feature is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlops.kinds.later import Later
from mlops.kinds.reference import load
from mlops.transforms.transform import selecting

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    np = Later("numpy")

_MOST_ROWS = 20_000  # mutual information is estimated on evenly spaced rows, as it costs n log n per feature


@selecting
def variance(x: NDArray[np.float32], *_: Any) -> NDArray[np.float64]:
    """Its variance once it is stretched to [0, 1], so that scaling does not decide."""
    wide = x.astype(np.float64)
    return np.asarray(wide.var(axis=0) / (wide.max(axis=0) - wide.min(axis=0)) ** 2)


@selecting
def mutual_information(x: NDArray[np.float32], y: NDArray[Any], task: str) -> NDArray[np.float64]:
    """What it tells of the target, by distances to neighbours (scikit-learn)."""
    with load("mlops.ml.light:without_pandas")():
        number = load("sklearn.feature_selection:mutual_info_regression")
        label = load("sklearn.feature_selection:mutual_info_classif")
    rows = np.unique(np.linspace(0, len(x) - 1, min(len(x), _MOST_ROWS)).astype(np.int64))
    discrete = np.array([set(np.unique(column)) <= {0.0, 1.0} for column in x.T])
    measure = number if task == "regression" else label
    return np.asarray(measure(x[rows], y[rows], discrete_features=discrete, random_state=0))
