"""Dates as numbers of whole periods, so that a distance in time is a difference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from mlops.errors import DataError
from mlops.ml.data.moments import in_utc

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops.blocks.forecast import Every


def periods(dates: pl.Series, every: Every) -> pl.Series:
    """Number the period that each date falls into, as int64; raises DataError for what is no date."""
    if not isinstance(dates.dtype, pl.Date | pl.Datetime):
        raise DataError(f"`{dates.name}` is {dates.dtype}, not a date", hint="give it `type: date` or `type: datetime`")
    if every == "hour" and isinstance(dates.dtype, pl.Date):
        raise DataError(f"`{dates.name}` has days, not hours", hint="write another `every` under `forecast:`")
    if missing := dates.null_count():
        raise DataError(f"{missing:,} of {dates.len():,} rows have no date in `{dates.name}`", hint="fill the column")
    return pl.select(_number(pl.lit(in_utc(dates)), every).cast(pl.Int64).alias(dates.name)).to_series()


def _number(date: pl.Expr, every: Every) -> pl.Expr:
    if every == "hour":
        return date.dt.epoch("s").floordiv(3600)
    if every == "day":
        return date.dt.epoch("d")
    if every == "week":
        return (date.dt.epoch("d") + 3).floordiv(7)  # 1970-01-01 was a Thursday, weeks begin on Mondays (ISO 8601)
    year = date.dt.year().cast(pl.Int64)
    if every == "quarter":
        return year * 4 + date.dt.quarter().cast(pl.Int64)
    return year * 12 + date.dt.month().cast(pl.Int64) if every == "month" else year


def apart(numbers: NDArray[np.int64], parts: NDArray[np.int64], horizon: int) -> NDArray[np.bool_]:
    """Tell which rows stay when no part holds a target that was unknown at the first origin of the next part.

    `numbers` are periods of target dates [n], `parts` count from 0 in time order [n]. The last `horizon` - 1 periods
    before a later part are left out: purging (López de Prado, Advances in Financial Machine Learning, 2018, 7.4.1).
    """
    stays = np.ones(len(numbers), dtype=bool)
    for part in range(1, int(parts.max(initial=0)) + 1):
        later = numbers[parts >= part]
        if len(later):
            stays &= (parts >= part) | (numbers <= later.min() - horizon)
    return stays


def blocks(numbers: NDArray[np.int64], horizon: int) -> NDArray[np.int64]:
    """Number the block of consecutive periods that each row belongs to; a block begins at the first period.

    Errors of forecasts `horizon` periods ahead are correlated up to `horizon` - 1 periods apart (Diebold and Mariano,
    JBES 13:253, 1995), so that a block is at least that long, and else the cube root of the periods there are (Hall,
    Horowitz and Jing, Biometrika 82:561, 1995). Blocks do not overlap (Carlstein, Annals of Statistics 14:1171, 1986).
    """
    if not len(numbers):
        return numbers
    return np.asarray((numbers - numbers.min()) // block_length(numbers, horizon))


def block_length(numbers: NDArray[np.int64], horizon: int) -> int:
    """Give the length of a block in periods."""
    count, length = len(np.unique(numbers)), 1
    while length**3 < count:
        length += 1
    return max(horizon, length)
