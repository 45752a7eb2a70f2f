"""What decisions are worth: the table of values, and the prices at which a model stops paying."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.errors import DataError
from mlops.ml.data.truths import as_labels

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mlops.blocks.cost import Cost
    from mlops.ml.evaluation.predictions import Predictions


def table(cost: Cost, classes: Sequence[str]) -> NDArray[np.float64]:
    """Arrange values as [true class, decided class]; raises DataError on a class that does not occur."""
    if cost.classes is None:
        outcomes = (cost.true_negative, cost.false_positive), (cost.false_negative, cost.true_positive)
        return np.array(outcomes, dtype=np.float64)
    named = as_labels({true: as_labels(row, classes) for true, row in cost.classes.items()}, classes)
    unknown = sorted({*named, *(decided for row in named.values() for decided in row)} - set(classes))
    if unknown:
        raise DataError(
            f"evaluate.cost.classes names {', '.join(unknown[:5])}, which the target never is",
            hint=f"classes: {', '.join(classes[:20])}",
        )
    return np.array([[float(named.get(true, {}).get(decided, 0.0)) for decided in classes] for true in classes])


def priced(predictions: Predictions, cost: Cost | None) -> Predictions:
    """Value the same decisions by another table; raises DataError on a class that does not occur."""
    if cost is None:
        return replace(predictions, values=None)
    return replace(predictions, values=tuple(map(tuple, table(cost, predictions.classes).tolist())))


def break_even(
    y: NDArray[Any],
    chosen: NDArray[np.int64],
    values: NDArray[np.float64],
    weights: NDArray[np.float64] | None = None,
) -> dict[str, float | None]:
    """Find the value of a wrong decision at which the same decisions are worth no more than one decision for all.

    The rest of `values` [2, 2] stays as it is. None: there is no such error, or no price for it makes the difference.
    """
    counts = np.zeros((2, 2))
    np.add.at(counts, (y.astype(np.int64), chosen), 1 if weights is None else weights)
    constant = {decided: counts.sum(axis=1) @ values[:, decided] for decided in (0, 1)}
    prices: dict[str, float | None] = {}
    # With one decision for all the priced error does not occur, so that its price moves only the model's own worth.
    for name, true, decided in (("false_positive", 0, 1), ("false_negative", 1, 0)):
        others = float((counts * values).sum() - counts[true, decided] * values[true, decided])
        errors = float(counts[true, decided])
        prices[name] = (float(constant[1 - decided]) - others) / errors if errors else None
    return prices


def sentences(prices: Mapping[str, float | None], values: NDArray[np.float64], unit: str) -> list[str]:
    """Say break-even prices as a person would, costs as positive numbers."""
    words = {
        "false_positive": ("a false positive", "leaving every row alone", -values[0, 1]),
        "false_negative": ("a missed positive", "taking every row for positive", -values[1, 0]),
    }
    said = []
    for name, (what, otherwise, now) in words.items():
        price = prices[name]
        if price is None:
            said.append(f"there is not one {what.removeprefix('a ')}, so that its price does not matter")
            continue
        given = f"{unit} " if unit else ""
        verb = "pays" if -price > now else "would pay"
        said.append(
            f"against {otherwise}, deciding by the model {verb} while {what} costs less than "
            f"{given}{-price:.4g}; it is said to cost {now:.4g}"
        )
    return said
