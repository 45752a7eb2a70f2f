"""What a forecast needs is guessed from a table of dates."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

import numpy as np
import polars as pl
import pytest

from mlops.blocks.column_rule import ColumnType
from mlops.errors import ConfigurationError
from mlops.ml.data.ahead import Ahead, guess_ahead
from mlops.ml.data.inference import guess

START = datetime.datetime(2020, 1, 1)
STEPS = {"hour": "1h", "day": "1d", "week": "1w", "month": "1mo", "quarter": "3mo", "year": "1y"}


def _dates(step: str, rows: int) -> pl.Series:
    return pl.datetime_range(START, START + datetime.timedelta(days=40_000), step, eager=True).head(rows).alias("when")


def _guessed(frame: pl.DataFrame, **kinds: ColumnType) -> Ahead:
    typed: Mapping[str, ColumnType] = {"when": "datetime", "y": "float", **kinds}
    return guess_ahead(frame, typed, "y")


@pytest.mark.parametrize("every", STEPS)
def test_the_period_is_the_usual_step_whatever_is_missing(every: str) -> None:
    dates = _dates(STEPS[every], 300).gather_every(1)
    some = dates.filter(pl.Series(np.random.default_rng(0).random(dates.len()) < 0.8))
    assert _guessed(pl.DataFrame([some, pl.Series("y", range(some.len()))])).every == every


@pytest.mark.parametrize(("rows", "season"), [(20, 1), (60, 7)])
def test_a_season_is_taken_where_the_series_lasts_for_some(rows: int, season: int) -> None:
    frame = pl.DataFrame([_dates("1d", rows), pl.Series("y", range(rows))])
    assert _guessed(frame) == Ahead("when", "day", season)


def test_what_tells_rows_of_one_date_apart_names_the_series() -> None:
    dates = pl.concat([_dates("1d", 100)] * 3)
    shops = pl.Series("shop", [shop for shop in "abc" for _ in range(100)])
    frame = pl.DataFrame([dates, pl.Series("id", range(300)), shops, pl.Series("y", range(300))])
    assert _guessed(frame, id="int", shop="string").series == "shop"
    with pytest.raises(ConfigurationError) as caught:
        _guessed(frame.drop("shop", "id"))
    assert str(caught.value) == "rows share a `when`, and no column tells them apart"


def test_without_dates_there_is_no_forecast() -> None:
    raw = pl.DataFrame({"__row__": range(100), "x": map(str, range(100)), "y": [f"{index}.5" for index in range(100)]})
    with pytest.raises(ConfigurationError) as caught:
        guess(raw, "y", "forecasting")
    assert str(caught.value) == "there is no column of dates to forecast by"
