"""`profile.json`: what the training columns and the scores of other rows looked like, small enough to travel along."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from mlops.bundle.recipe import NUMERIC, TEXT
from mlops.bundle.timestamps import DAY, parts_of
from mlops.files.canonical import rounded
from mlops.statistics import bins, drift

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops.bundle.recipe import Column, Recipe

_DIGITS = 6  # that `rounded` leaves of an edge
_DISTINCT = 20  # levels, or distinct numbers, up to which each has a share of its own


def profile(train: pl.DataFrame, recipe: Recipe, scores: NDArray[np.float32]) -> dict[str, Any]:
    """Describe the columns a model reads and the scores [n] or [n, k] it gave to rows it was not fitted on; JSON."""
    columns = {column.name: _column(train.get_column(column.name), column, recipe) for column in recipe.columns}
    document = {"schema_version": 3, "rows": train.height, "columns": columns, "scores": _scores(scores, recipe)}
    document["score_rows"] = len(scores)
    described: dict[str, Any] = rounded(document)
    return described


def _column(series: pl.Series, column: Column, recipe: Recipe) -> dict[str, Any]:
    if series.dtype.is_float():
        series = series.fill_nan(None)
    known = series.drop_nulls()
    common = {"type": column.type, "nulls": series.null_count() / max(len(series), 1)}
    if column.type in TEXT:
        return common | _frequencies(known.cast(pl.String))
    if column.type in NUMERIC:
        return common | _numbers(known.cast(pl.Float64).to_numpy())
    return common | {"minimum": _text(known.min()), "maximum": _text(known.max())} | _dates(known, recipe)


def _frequencies(known: pl.Series) -> dict[str, Any]:
    counts = known.alias("level").value_counts(name="rows").sort(["rows", "level"], descending=[True, False])
    shares = {level: rows / len(known) for level, rows in counts.head(_DISTINCT).iter_rows()}
    return {"distinct": counts.height, "frequencies": shares, "other": max(0.0, 1.0 - sum(shares.values()))}


def _numbers(values: NDArray[np.floating[Any]]) -> dict[str, Any]:
    """Give moments, twentieths, and shares of ten bins (or of each value, when there are few)."""
    finite = values[np.isfinite(values)].astype(np.float64)
    if not len(finite):
        return {"distinct": 0}
    distinct, counts = np.unique(finite, return_counts=True)
    described: dict[str, Any] = {
        "distinct": len(distinct),
        "mean": float(finite.mean()),
        "std": float(finite.std()),
        "quantiles": np.quantile(finite, np.linspace(0, 1, 21)).tolist(),
    }
    if len(distinct) <= _DISTINCT:
        return described | {"values": distinct.tolist(), "shares": (counts / len(finite)).tolist()}
    edges = bins.edges(finite, most=_DIGITS)
    return described | {"edges": edges, "shares": (drift.counts(finite, edges) / len(finite)).tolist()}


def _dates(known: pl.Series, recipe: Recipe) -> dict[str, Any]:
    """Describe dates in days since the first, and by each part of them that the model reads."""
    if not len(known):
        return {}
    if isinstance(known.dtype, pl.Datetime) and known.dtype.time_zone is not None:
        known = known.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    moments = known.cast(pl.Datetime("us")).to_physical().to_numpy()
    parts = recipe.parts(known.name)
    made = parts_of(moments.reshape(-1, 1), [(0, part) for part in parts])
    described = {part: _numbers(made[:, index]) for index, part in enumerate(parts)}
    return {"days": _numbers((moments - moments.min()) / DAY), "parts": described}


def _scores(scores: NDArray[np.float32], recipe: Recipe) -> dict[str, Any]:
    if scores.ndim == 1:
        return _numbers(scores)
    likeliest = np.bincount(scores.argmax(axis=1), minlength=scores.shape[1]) / max(len(scores), 1)
    classes = [str(value) for value in recipe.target.classes or range(scores.shape[1])]
    return {
        "classes": dict(zip(classes, likeliest.tolist(), strict=True)),
        "likeliest": _numbers(scores.max(axis=1)),
    }


def _text(value: Any) -> str | None:
    return None if value is None else str(value.isoformat())
