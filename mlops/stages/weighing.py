"""Sampling weights of rows as stages hand them on: a column of the split, an array beside what is learnt from.

Weights are scaled to a mean of 1 over the rows of a part (of train, where two parts are learnt from): what they are
scaled by means nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from mlops.bundle.recipe import Recipe
from mlops.documents.metrics import Weighted
from mlops.errors import DataError
from mlops.files.canonical import rounded
from mlops.statistics.weights import effective, shares

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops.blocks.objective import Objective
    from mlops.stages.context import StageContext


def of(frame: pl.DataFrame, column: str | None) -> NDArray[np.float64] | None:
    """Read what each row counts ([n], mean 1); None where no column says it.

    Raises:
        DataError: the column is not there, or holds what is no finite number above 0.
    """
    return None if column is None else shares(_read(frame, column))


def alike(column: str | None, *, train: pl.DataFrame, validation: pl.DataFrame) -> dict[str, NDArray[np.float64]]:
    """Read what rows of both parts count, in one unit: rows of train have a mean of 1. Nothing where no column says it.

    A model that learns from both (`refit`) must count a row of either by the same measure.

    Raises:
        DataError: the column is not there, or holds what is no finite number above 0.
    """
    if column is None:
        return {}
    by = _read(train, column)
    return {"train": by / by.mean(), "validation": _read(validation, column) / by.mean()}


def _read(frame: pl.DataFrame, column: str) -> NDArray[np.float64]:
    if column not in frame.columns:
        raise DataError(f"the rows have no column `{column}`, which weighs them", hint="run `mlops stage validate`")
    values = frame[column].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    if bad := int((~(np.isfinite(values) & (values > 0))).sum()):
        raise DataError(f"{bad:,} of {len(values):,} rows have no finite weight above 0 in `{column}`")
    return values


def array(context: StageContext, part: str, column: str | None) -> NDArray[np.float64] | None:
    """Load what `features` wrote of the weights of a part; None where no column weighs rows."""
    if column is None:
        return None
    found: NDArray[np.float64] = np.load(context.path(f"artifacts/features/{part}_w.npy"), allow_pickle=False)
    return found


def classes(context: StageContext, objective: Objective) -> tuple[str, ...]:
    """Read the labels of the target in order, where the objective weighs them by name; else none."""
    if not isinstance(objective.class_weight, dict):
        return ()
    recipe = Recipe.parse(context.path("artifacts/features/transform.json").read_bytes())
    return tuple(map(str, recipe.target.classes or ()))


def section(column: str, weights: NDArray[np.float64]) -> Weighted:
    """Say for metrics.json what the rows are worth (Kish's effective number and design effect)."""
    worth = effective(weights, len(weights))
    said = rounded({"effective": worth, "design_effect": len(weights) / worth})
    return Weighted(column=column, **said)
