"""A first guess at what a forecast needs: the column of dates, the series, the length of a period and of a season."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from mlops.blocks.column_rule import ColumnType
from mlops.blocks.forecast import Every
from mlops.errors import ConfigurationError
from mlops.ml.data import personal
from mlops.ml.data.names import ROWS, VALUE
from mlops.ml.data.periods import periods

_HOURS: dict[Every, float] = {"hour": 1, "day": 24, "week": 168, "month": 730.5, "quarter": 2191.5, "year": 8766}
_SEASONS: dict[Every, int] = {"hour": 24, "day": 7, "week": 52, "month": 12, "quarter": 4, "year": 1}
_SEEN = 4
"""Seasons that a series must last for one to be learnt."""
_NAMES = ("int", "string", "category")


@dataclass(frozen=True)
class Ahead:
    """What `forecast:` and `split:` are to say."""

    date: str
    every: Every
    season: int
    series: str | None = None


def guess_ahead(frame: pl.DataFrame, kinds: Mapping[str, ColumnType], target: str) -> Ahead:
    """Guess from a typed table whose rows all have a target.

    Raises:
        ConfigurationError: there is no column of dates, or nothing tells rows of one period apart.
    """
    dates = [name for name in kinds if kinds[name] in ("date", "datetime") and name != target]
    dates = [name for name in dates if not frame[name].null_count() and personal.doubt(name) is None]
    if not dates:
        hint = "a forecast goes by a date or time that every row has; the reader knows 2030-12-31 and 31.12.2030"
        raise ConfigurationError("there is no column of dates to forecast by", hint=hint)
    date = max(dates, key=lambda name: frame[name].n_unique())
    others = [name for name in kinds if name not in (date, target) and kinds[name] in _NAMES]
    series = _series(frame, date, others)
    every = _every(frame[date])
    numbers = periods(frame[date], every)
    last = int(numbers.max()) - int(numbers.min()) + 1  # type: ignore[arg-type]  # whole numbers, and there are some
    season = _SEASONS[every] if last >= _SEEN * _SEASONS[every] else 1
    return Ahead(date, every, season, series)


def _series(frame: pl.DataFrame, date: str, names: list[str]) -> str | None:
    """Find the column of fewest values that tells rows of one date apart; None where dates do."""
    if frame[date].n_unique() == frame.height:
        return None
    for name in sorted(names, key=lambda name: frame[name].n_unique()):
        pairs = pl.DataFrame([frame[date].alias(VALUE), frame[name].alias(ROWS)])
        if not frame[name].null_count() and pairs.n_unique() == frame.height:
            return name
    hint = "add such rows up, or bring a column that names the series each belongs to"
    raise ConfigurationError(f"rows share a `{date}`, and no column tells them apart", hint=hint)


def _every(dates: pl.Series) -> Every:
    """Take the period whose length is nearest, by ratio, to the usual step between two dates that follow each other."""
    steps = dates.unique().sort().cast(pl.Datetime("us")).diff().drop_nulls()
    usual = steps.median()
    hours = usual / datetime.timedelta(hours=1) if isinstance(usual, datetime.timedelta) else 24.0
    return min(_HOURS, key=lambda every: max(_HOURS[every] / max(hours, 1e-9), hours / _HOURS[every]))
