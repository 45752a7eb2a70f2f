"""`profile.json`: what the training columns and the scores of other rows looked like, small enough to travel along."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import polars as pl

from mlops.blocks.image_column import measures
from mlops.bundle.recipe_items import IMAGE, NUMERIC, TEXT
from mlops.documents.profile import ColumnProfile, Numbers, Profile, ScoreProfile, Tokens
from mlops.expressions.timestamps import DAY, parts_of
from mlops.files.canonical import rounded
from mlops.ml.data.moments import in_utc
from mlops.ml.data.names import ROWS, VALUE, counted
from mlops.pictures.pixels import Pictures, measure
from mlops.stages import text_profile
from mlops.statistics import bins, drift

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops.bundle.recipe import Recipe
    from mlops.bundle.recipe_items import Column
    from mlops.bundle.text import Text

Described = TypeVar("Described", bound=Numbers)
_DIGITS = 12  # of an edge at most: as many as it takes to tell seconds since 1970 apart
_DISTINCT = 20  # levels, or distinct numbers, up to which each has a share of its own
_PICTURES = 2_000
"""Measured at once."""


def profile(train: pl.DataFrame, recipe: Recipe, scores: NDArray[np.floating[Any]]) -> Profile:
    """Describe the columns a model reads and the scores [n] or [n, k] it gave to rows it was not fitted on."""
    columns = {column.name: _column(train.get_column(column.name), column, recipe) for column in recipe.columns}
    for item in recipe.pictures:
        columns |= _measures(train.get_column(item.column), item.count)
    return Profile(
        schema_version=3, rows=train.height, columns=columns, scores=_scores(scores, recipe), score_rows=len(scores)
    )


def _measures(series: pl.Series, count: int) -> dict[str, ColumnProfile]:
    """Describe what is measured of pictures, as a server measures it of those that it is sent."""
    nulls, known = rounded(series.null_count() / max(len(series), 1)), series.drop_nulls()
    blocks = [known.slice(start, _PICTURES) for start in range(0, len(known), _PICTURES)]
    found = [measure(Pictures.of(block.to_list(), count).pixels) for block in blocks]
    return {
        name: _numbers(ColumnProfile, np.concatenate([np.empty(0), *values]), type="float", nulls=nulls)
        for name, values in zip(measures(series.name), zip(*found, strict=True) if found else ((), ()), strict=True)
    }


def _column(series: pl.Series, column: Column, recipe: Recipe) -> ColumnProfile:
    if series.dtype.is_float():
        series = series.fill_nan(None)
    known = series.drop_nulls()
    nulls = rounded(series.null_count() / max(len(series), 1))
    if column.type == "text":
        return _sentences(known.cast(pl.String).to_list(), recipe.text_of(column.name), nulls)
    if column.type == IMAGE:
        return ColumnProfile(type=column.type, nulls=nulls)
    if column.type in TEXT:
        return _frequencies(known.cast(pl.String), column.type, nulls)
    if column.type in NUMERIC:
        return _numbers(ColumnProfile, known.cast(pl.Float64).to_numpy(), type=column.type, nulls=nulls)
    first, last = _text(known.min()), _text(known.max())
    return ColumnProfile(type=column.type, nulls=nulls, minimum=first, maximum=last, **_dates(known, recipe))


def _sentences(known: list[str], item: Text | None, nulls: float) -> ColumnProfile:
    """Describe sentences by their length, by their tokens and by what is new in them: none of them is told."""
    more: dict[str, Numbers | Tokens] = {}
    if item is not None:
        listed = [item.ids_of(text) for text in known]
        more["unseen"] = _numbers(Numbers, text_profile.unseen(listed))
        if (sorts := text_profile.sorts(listed)) is not None:
            more["tokens"] = sorts
    return _numbers(ColumnProfile, text_profile.lengths(known), type="text", nulls=nulls, **more)


def _frequencies(known: pl.Series, kind: str, nulls: float) -> ColumnProfile:
    counts = counted(known).sort([ROWS, VALUE], descending=[True, False])
    shares = {level: rows / len(known) for level, rows in counts.head(_DISTINCT).iter_rows()}
    other = rounded(max(0.0, 1.0 - sum(shares.values())))
    return ColumnProfile(type=kind, nulls=nulls, distinct=counts.height, frequencies=rounded(shares), other=other)


def _numbers(kind: type[Described], values: NDArray[np.floating[Any]], **more: Any) -> Described:
    """Give moments, twentieths, and shares of ten bins (or of each value, when there are few)."""
    finite = values[np.isfinite(values)].astype(np.float64)
    if not len(finite):
        return kind(distinct=0, **more)
    distinct, counts = np.unique(finite, return_counts=True)
    if len(distinct) <= _DISTINCT:
        spread = {"values": rounded(distinct.tolist())}
    else:
        edges = bins.edges(finite, most=_DIGITS)
        spread, counts = {"edges": rounded(edges, _DIGITS)}, drift.counts(finite, edges)
    return kind(
        distinct=len(distinct),
        mean=rounded(float(finite.mean())),
        std=rounded(float(finite.std())),
        quantiles=rounded(np.quantile(finite, np.linspace(0, 1, 21)).tolist()),
        shares=rounded((counts / len(finite)).tolist()),
        **spread,
        **more,
    )


def _dates(known: pl.Series, recipe: Recipe) -> dict[str, Numbers | dict[str, Numbers]]:
    """Describe dates in days since the first, and by each part of them that the model reads."""
    if not len(known):
        return {}
    moments = in_utc(known).cast(pl.Datetime("us")).to_physical().to_numpy()
    parts = recipe.parts(known.name)
    made = parts_of(moments.reshape(-1, 1), [(0, part) for part in parts])
    described: dict[str, Numbers] = {part: _numbers(Numbers, made[:, index]) for index, part in enumerate(parts)}
    return {"days": _numbers(Numbers, (moments - moments.min()) / DAY), "parts": described}


def _scores(scores: NDArray[np.floating[Any]], recipe: Recipe) -> ScoreProfile:
    if scores.ndim == 1:
        return _numbers(ScoreProfile, scores)
    likeliest = np.bincount(scores.argmax(axis=1), minlength=scores.shape[1]) / max(len(scores), 1)
    classes = [str(value) for value in recipe.target.classes or range(scores.shape[1])]
    shares = rounded(dict(zip(classes, likeliest.tolist(), strict=True)))
    return ScoreProfile(classes=shares, likeliest=_numbers(Numbers, scores.max(axis=1)))


def _text(value: Any) -> str | None:
    return None if value is None else str(value.isoformat())
