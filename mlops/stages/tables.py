"""Tables of the stages, handed over to the code that serves: Polars columns as plain arrays.

From there on training, evaluation and serving go one way: `mlops.bundle.transform` knows no table library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from mlops.bundle.recipe_items import IMAGE, NUMERIC, TEXT
from mlops.bundle.table import Columns
from mlops.errors import DataError
from mlops.ml.data import arrays
from mlops.ml.data.parquet import ROW
from mlops.pictures.pixels import Pictures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from mlops.bundle.predictor import Predictor
    from mlops.bundle.recipe import Recipe
    from mlops.bundle.transform import Transform
    from mlops.ml.data.folds import Folds

_BLOCK = 32_768  # rows transformed at once, so that a million of them need no float64 copy of the whole


def transformed(transform: Transform, frame: pl.DataFrame) -> NDArray[np.float32]:
    """Transform a frame to float32 [n, *shape]; missing columns and other types raise DataError."""
    out = np.empty((frame.height, *transform.shape), dtype=np.float32)
    start = 0
    for block in blocks(transform, frame):
        out[start : start + len(block)] = block
        start += len(block)
    return out


def blocks(transform: Transform, frame: pl.DataFrame) -> Iterator[NDArray[np.float32]]:
    """Transform a frame some rows at a time, float32 [m, *shape]; missing columns and other types raise DataError."""
    _check(transform.recipe, frame)
    frame = frame.select(column.name for column in transform.recipe.columns)
    for start in range(0, frame.height, _BLOCK):
        yield transform.apply(columns(transform.recipe, frame.slice(start, _BLOCK)))


def scored(predictor: Predictor, frame: pl.DataFrame, folds: Folds | None = None) -> NDArray[np.floating[Any]]:
    """Score the rows of a frame, where rows have `folds` each by the member that has not seen it.

    Raises:
        DataError: its columns are not what the model reads.
        IntegrityError: the model has other members than there are folds, or a row has none.
    """
    x = transformed(predictor.transform, frame)
    return predictor.model.score(x) if folds is None else folds.unseen(predictor.model.members(x), frame[ROW])


def columns(recipe: Recipe, frame: pl.DataFrame) -> Columns:
    """Hand over the columns of a frame that a recipe asks for, in the recipe's types."""

    def given(*kinds: str) -> Iterator[pl.Series]:
        return (frame.get_column(column.name) for column in recipe.columns if column.type in kinds)

    pixels = {item.column: item.count for item in recipe.pictures}
    levels = {item.column: item.levels for item in recipe.categories}
    return Columns(
        frame.height,
        {series.name: arrays.numbers(series) for series in given(*NUMERIC)},
        {series.name: arrays.microseconds(series) for series in given("date", "datetime")},
        {series.name: arrays.texts(series.cast(pl.String), levels.get(series.name, ())) for series in given(*TEXT)},
        {series.name: Pictures.of(series.to_list(), pixels[series.name]) for series in given(IMAGE)},
    )


def _check(recipe: Recipe, frame: pl.DataFrame) -> None:
    """Refuse a frame that lacks columns or has other types, naming all of them."""
    schema, types = frame.schema, {column.name: column.type for column in recipe.columns}
    problems = [f"`{name}` is missing" for name in types if name not in schema]
    problems += [
        f"`{name}` is {schema[name]} but must be {kind}"
        for name, kind in types.items()
        if name in schema and not (schema[name] == pl.Null or _ACCEPTS[kind](schema[name]))
    ]
    if problems:
        raise DataError(f"the table is not what the model reads: {'; '.join(problems[:20])}")


def _number(dtype: pl.DataType) -> bool:
    return dtype.is_numeric() or dtype == pl.Boolean


def _text(dtype: pl.DataType) -> bool:
    return dtype in (pl.String, pl.Categorical, pl.Enum)


_ACCEPTS: dict[str, Callable[[pl.DataType], bool]] = {
    "int": _number,
    "float": _number,
    "bool": _number,
    "string": _text,
    "category": _text,
    "text": _text,
    "date": lambda dtype: dtype == pl.Date,
    "datetime": lambda dtype: dtype == pl.Datetime,
    "image": lambda dtype: dtype == pl.Binary,
}
