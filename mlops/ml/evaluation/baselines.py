"""What a candidate must at least beat: no knowledge of the row at all, and a straight line."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.ml.light import without_pandas

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ROWS = 50_000  # a linear model gains nothing from more


def dummy(
    task: str,
    y: NDArray[Any],
    classes: int,
    rows: int,
    weights: NDArray[np.float64] | None = None,
    quantile: float | None = None,
) -> NDArray[np.float64]:
    """Score every row alike: the training share of each class (binary: of class 1), or the training mean.

    `weights` are how much each training row counts ([n]), where not all count alike; `quantile` is what is answered
    instead of the mean.
    """
    if quantile is not None:
        return np.full(rows, _quantile(y, quantile, weights))
    if task == "regression":
        wide = y.astype(np.float64)
        mean = float(np.mean(y, dtype=np.float64)) if weights is None else float(np.average(wide, weights=weights))
        return np.full(rows, mean)
    total = len(y) if weights is None else weights.sum()
    shares = np.bincount(y.astype(np.int64), weights=weights, minlength=classes) / total
    return np.full(rows, shares[1]) if task == "binary" else np.tile(shares, (rows, 1))


def simple(
    task: str,
    x: NDArray[Any],
    y: NDArray[Any],
    classes: int,
    test: NDArray[Any],
    weights: NDArray[np.float64] | None = None,
    quantile: float | None = None,
) -> NDArray[np.float64]:
    """Score `test` ([m, ...]) by logistic or ridge regression fitted on `x` ([n, ...]), rows by their weights.

    Of a `quantile` it is the ridge regression and, on top, that quantile of its errors.
    """
    with without_pandas():
        from sklearn.linear_model import LogisticRegression, Ridge
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

    step = -(-len(x) // _ROWS)
    x, y, test = _flat(x[::step]), y[::step], _flat(test)
    linear = Ridge() if task == "regression" else LogisticRegression(max_iter=300)
    model = make_pipeline(StandardScaler(), linear)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a baseline that stopped early is still a baseline
        by = {} if weights is None else {f"{name}__sample_weight": weights[::step] for name, _ in model.steps}
        model.fit(x, y, **by)
    if task == "regression":
        answer = np.asarray(model.predict(test), dtype=np.float64)
        if quantile is None:
            return answer
        return answer + _quantile(y - model.predict(x), quantile, None if weights is None else weights[::step])
    scores = np.zeros((len(test), classes))
    scores[:, model.classes_.astype(np.int64)] = model.predict_proba(test)
    return scores[:, 1] if task == "binary" else scores


def _quantile(y: NDArray[Any], quantile: float, weights: NDArray[np.float64] | None) -> float:
    """Give the least number that at least so much of the weight lies at or below."""
    return float(np.quantile(y.astype(np.float64), quantile, method="inverted_cdf", weights=weights))


def _flat(x: NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray(x, dtype=np.float64).reshape(len(x), -1)
