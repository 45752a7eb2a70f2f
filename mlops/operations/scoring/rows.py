"""Rows of a table, answered as the server answers them: the same scores to the bit, the same rows refused.

Whatever is plainly as the model reads it goes by columns, which is fast. Any other row is spelt as a request would
spell it and goes through the server's own reader and checks, so that what becomes of it is what a server would say.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from mlops.bundle.recipe_items import TEXT
from mlops.bundle.refusal import UNKNOWN, Cause
from mlops.expressions import steps
from mlops.expressions.texts import composed
from mlops.ml.data import arrays
from mlops.ml.data.moments import in_utc
from mlops.stages.tables import blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops.bundle.predictor import Predictor
    from mlops.bundle.schema import Field, Problem
    from mlops.bundle.table import Row

_WHOLE = 2.0**63
_SCORE: Cause = (UNKNOWN, "score")
_MICRO = pl.Datetime("us")
_EMPTY: Mapping[str, Any] = {
    "int": pl.Int64,
    "float": pl.Float64,
    "bool": pl.Boolean,
    "date": pl.Date,
    "datetime": _MICRO,
} | dict.fromkeys(TEXT, pl.String)
"""What a column without any value is taken for, by the type of its field."""


@dataclass(frozen=True)
class Answered:
    """What became of some rows; `scores` [n] or [n, k] hold NaN where a row was refused."""

    scores: NDArray[np.floating[Any]]
    refused: Mapping[int, Cause]
    """Causes by position."""
    problems: tuple[Problem, ...]
    """The first things that are wrong, by position, in words."""
    outside: int
    """Rows that are answered, and are none of those that the model is for."""


def answer(predictor: Predictor, frame: pl.DataFrame) -> Answered:
    """Answer the rows of a frame that has every column of the request schema.

    Example:
        >>> answer(predictor, frame).scores.shape  # doctest: +SKIP
        (65536,)
    """
    prepared = _prepared(predictor, frame)
    sure = _sure(predictor, prepared)
    whole = bool(sure.all())
    fast = prepared if whole else prepared.filter(pl.Series(sure))
    found = _by_columns(predictor, fast)
    if whole and np.isfinite(found).all():
        return Answered(found, {}, (), 0)
    scores = np.full((frame.height, *found.shape[1:]), np.nan, dtype=found.dtype)
    scores[sure] = found
    doubtful = np.flatnonzero(~sure)
    causes, problems, outside = _by_rows(predictor, frame[doubtful.tolist()], doubtful, scores)
    lost = np.flatnonzero(~np.isfinite(scores).reshape(len(scores), -1).all(axis=1)).tolist()
    for position in lost:
        causes.setdefault(position, _SCORE)
    scores[lost] = np.nan
    return Answered(scores, dict(sorted(causes.items())), problems, outside)


def spelt(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Spell rows as a request would: JSON values, a missing number as null."""
    columns = {series.name: [_json(value) for value in series.to_list()] for series in frame}
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _by_columns(predictor: Predictor, frame: pl.DataFrame) -> NDArray[np.floating[Any]]:
    """Score rows that are certainly accepted."""
    if not frame.height:
        return predictor.model.score(np.empty((0, *predictor.transform.shape), dtype=np.float32))
    return np.concatenate([predictor.model.score(x) for x in blocks(predictor.transform, frame)])


def _by_rows(
    predictor: Predictor, frame: pl.DataFrame, places: NDArray[np.int64], scores: NDArray[np.floating[Any]]
) -> tuple[dict[int, Cause], tuple[Problem, ...], int]:
    """Do with rows what a server does, one by one; set the scores of those that it answers at their places."""
    if not frame.height:
        return {}, (), 0
    rows: Sequence[Row] = predictor.read(spelt(frame.select(field.name for field in predictor.schema.fields)))
    found = predictor.inspect(rows)
    good = [position for position in range(len(rows)) if position not in found.causes]
    if good:
        scores[places[good]] = predictor.score_rows([rows[position] for position in good])
    asked = predictor.transform.recipe.where
    outside = 0 if asked is None else len(predictor.transform.outside([rows[position] for position in good]))
    causes = {int(places[position]): cause for position, cause in found.causes.items()}
    problems = tuple(type(each)(int(places[each.row]), each.field, each.problem) for each in found.problems)
    return causes, problems, outside


def _prepared(predictor: Predictor, frame: pl.DataFrame) -> pl.DataFrame:
    """Give the columns that the model reads, with what the reader of rows does to any value of a native type."""
    nulls = list(predictor.schema.nulls or ())
    return frame.select(_column(frame.get_column(field.name), field, nulls) for field in predictor.schema.fields)


def _column(series: pl.Series, field: Field, nulls: list[str]) -> pl.Series:
    if series.dtype == pl.Null and field.type in _EMPTY:
        return series.cast(_EMPTY[field.type])
    if field.type in TEXT and isinstance(series.dtype, pl.String | pl.Categorical | pl.Enum):
        return _text(series.cast(pl.String), nulls)
    if field.type == "datetime" and isinstance(series.dtype, pl.Date):
        return series.cast(_MICRO)
    if field.type == "datetime" and isinstance(series.dtype, pl.Datetime) and series.dtype.time_unit != "ns":
        return in_utc(series).cast(_MICRO)
    return series


def _text(series: pl.Series, nulls: list[str]) -> pl.Series:
    if nulls:
        series = series.set(series.is_in(nulls).fill_null(value=False), None)
    values = [value for value in series.drop_nulls().unique().to_list() if not value.isascii()]
    apart = {value: composed(value) for value in values if composed(value) != value}
    return series.replace(apart) if apart else series


def _sure(predictor: Predictor, frame: pl.DataFrame) -> NDArray[np.bool_]:
    """Say of which rows it is certain, by the types of columns, that a server answers them: [n]."""
    tests = []
    for field in predictor.schema.fields:
        test = _CERTAIN[field.type](frame.schema[field.name])
        if test is None:  # no value of such a type is certain
            return np.zeros(frame.height, dtype=np.bool_)
        column = pl.col(field.name)
        tests.append(test(column).fill_null(value=predictor.schema.takes_null(field)))
    flags = frame.select(pl.all_horizontal(tests).alias("sure")).to_series().to_numpy().copy()
    asked = predictor.transform.recipe.where
    if asked is not None and flags.any():
        flags[flags] = _inside(predictor, frame.filter(pl.Series(flags)))
    found: NDArray[np.bool_] = flags
    return found


def _inside(predictor: Predictor, frame: pl.DataFrame) -> NDArray[np.bool_]:
    """Say which rows are those that the model is for."""
    recipe = predictor.transform.recipe
    assert recipe.where is not None  # noqa: S101 - its only caller asks
    asked = steps.condition(recipe.where.expression, recipe.types)
    given = {column.name: arrays.column(frame.get_column(column.name), column.type) for column in recipe.columns}
    known = steps.computed([*recipe.steps, asked], given, frame.height)
    found: NDArray[np.bool_] = np.asarray(known[steps.WHERE]) == 1
    return found


_Test = Callable[[pl.Expr], pl.Expr]


def _always(column: pl.Expr) -> pl.Expr:
    return pl.when(column.is_not_null()).then(statement=True)


def _year(column: pl.Expr) -> pl.Expr:
    return column.dt.year().is_between(2, 9998)  # those that Python's dates can spell, in every zone


def _finite(column: pl.Expr) -> pl.Expr:
    """NaN is a missing number."""
    return pl.when(column.is_nan()).then(None).otherwise(column.is_finite())


def _whole(column: pl.Expr) -> pl.Expr:
    whole = (column == column.floor()) & column.is_between(-_WHOLE, _WHOLE, closed="left")
    return pl.when(column.is_nan()).then(None).otherwise(whole)


def _of_int(dtype: pl.DataType) -> _Test | None:
    if dtype == pl.UInt64:
        return lambda column: column < 2**63
    if dtype.is_float():
        return _whole
    return _always if dtype.is_integer() else None


def _of_float(dtype: pl.DataType) -> _Test | None:
    if dtype.is_float():
        return _finite
    return _always if dtype.is_integer() else None


def _of(tested: _Test, *types: Any) -> Callable[[pl.DataType], _Test | None]:
    return lambda dtype: tested if any(dtype == each for each in types) else None


_TEXTS = _of(_always, pl.String)
_CERTAIN: dict[str, Callable[[pl.DataType], _Test | None]] = {
    "int": _of_int,
    "float": _of_float,
    "bool": _of(_always, pl.Boolean),
    "string": _TEXTS,
    "category": _TEXTS,
    "text": _TEXTS,
    "date": _of(_year, pl.Date),
    "datetime": _of(_year, _MICRO),
    "image": lambda dtype: None,
}
"""By the type of a field: what is certain of a value of a column's type; null where the value is."""


def _json(value: Any) -> Any:
    if isinstance(value, float):
        return None if math.isnan(value) else value
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, str | int | list | dict | None):
        return value
    return str(value)
