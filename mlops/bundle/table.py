"""The raw arrays a transform starts from, read alike from a Polars frame and from the rows of a request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from mlops.bundle import moments
from mlops.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from mlops.bundle.recipe import Recipe


@dataclass(frozen=True)
class Table:
    """`numbers` [n, k] float64 with NaN for missing; `codes` [n, m]: a level's position, then other, then null."""

    numbers: NDArray[np.float64]
    codes: NDArray[np.int64]


class Reader:
    """Reads the columns of one recipe; both ways give the same bits."""

    def __init__(self, recipe: Recipe) -> None:
        self._types = {column.name: column.type for column in recipe.columns}
        self._plain = [item.column for item in recipe.numbers if item.part is None]
        parts = [(item.column, item.part) for item in recipe.numbers if item.part is not None]
        self._dated = list(dict.fromkeys(name for name, _ in parts))
        self._parts = [(self._dated.index(name), part) for name, part in parts]
        self._levels = [(item.column, item.levels) for item in recipe.categories]
        self._codes = [
            (item.column, {level: code for code, level in enumerate(item.levels)} | {None: len(item.levels) + 1})
            for item in recipe.categories
        ]

    def from_rows(self, rows: Sequence[Mapping[str, Any]]) -> Table:
        """Read rows that a request's schema has accepted."""
        plain = np.array([[row[name] for name in self._plain] for row in rows], dtype=np.float64)
        codes = [[codes.get(row[name], len(codes) - 1) for name, codes in self._codes] for row in rows]
        dated = [self._moments(name, [row[name] for row in rows]) for name in self._dated]
        return Table(
            self._with_parts(plain.reshape(len(rows), len(self._plain)), dated),
            np.array(codes, dtype=np.int64).reshape(len(rows), len(self._codes)),
        )

    def from_frame(self, frame: pl.DataFrame) -> Table:
        """Read a frame that `check` has accepted."""
        plain = frame.select(pl.col(name).cast(pl.Float64) for name in self._plain).to_numpy()
        dated = [_microseconds(frame.get_column(name)) for name in self._dated]
        codes = np.empty((frame.height, len(self._levels)), dtype=np.int64)
        for index, (name, levels) in enumerate(self._levels):
            codes[:, index] = _codes(frame.get_column(name), levels)
        return Table(self._with_parts(plain.reshape(frame.height, len(self._plain)), dated), codes)

    def check(self, frame: pl.DataFrame) -> None:
        """Refuse a frame that lacks columns or has other types, naming all of them."""
        schema = frame.schema
        problems = [f"`{name}` is missing" for name in self._types if name not in schema]
        problems += [
            f"`{name}` is {schema[name]} but must be {kind}"
            for name, kind in self._types.items()
            if name in schema and not (schema[name] == pl.Null or _ACCEPTS[kind](schema[name]))
        ]
        if problems:
            raise DataError(f"the table is not what the model reads: {'; '.join(problems[:20])}")

    def _moments(self, name: str, texts: list[str | None]) -> NDArray[np.int64]:
        parse = moments.parse_date if self._types[name] == "date" else moments.parse_datetime
        return np.array([moments.MISSING if text is None else parse(text) for text in texts], dtype=np.int64)

    def _with_parts(self, plain: NDArray[np.float64], dated: list[NDArray[np.int64]]) -> NDArray[np.float64]:
        if not self._parts:
            return plain
        return np.concatenate([plain, moments.parts_of(np.stack(dated, axis=1), self._parts)], axis=1)


def _codes(series: pl.Series, levels: tuple[str, ...]) -> NDArray[np.int64]:
    text = series.cast(pl.String)
    known = text.cast(pl.Enum(levels), strict=False).to_physical().cast(pl.Int64).fill_null(len(levels))
    codes: NDArray[np.int64] = known.to_numpy().copy()
    codes[text.is_null().to_numpy()] = len(levels) + 1
    return codes


def _microseconds(series: pl.Series) -> NDArray[np.int64]:
    if isinstance(series.dtype, pl.Datetime) and series.dtype.time_zone is not None:
        series = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    whole = series.cast(pl.Datetime("us")).to_physical().fill_null(moments.MISSING)
    return whole.to_numpy().astype(np.int64)


_ACCEPTS: dict[str, Callable[[pl.DataType], bool]] = {
    "int": lambda dtype: dtype.is_numeric() or dtype == pl.Boolean,
    "float": lambda dtype: dtype.is_numeric() or dtype == pl.Boolean,
    "bool": lambda dtype: dtype.is_numeric() or dtype == pl.Boolean,
    "string": lambda dtype: dtype in (pl.String, pl.Categorical, pl.Enum),
    "category": lambda dtype: dtype in (pl.String, pl.Categorical, pl.Enum),
    "date": lambda dtype: dtype == pl.Date,
    "datetime": lambda dtype: dtype == pl.Datetime,
}
