"""Classical methods on the rows of a forecast: each from its own origin, of its own series."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from mlops.blocks.forecast import Lookback
from mlops.ml.data.lookback import look_back
from mlops.stages.comparators import compared
from mlops.statistics import theta
from tests.builders.series import weekly_pattern

ASKED = Lookback(horizon=3, season=7, series="shop", date="day")
DAYS, FIRST = 150, 110


def shops(values: dict[str, Any]) -> pl.DataFrame:
    parts = [
        pl.DataFrame(
            {"day": [date(2024, 1, 1) + timedelta(days=index) for index in range(len(each))], "sold": each}
        ).with_columns(pl.lit(name).alias("shop"))
        for name, each in values.items()
    ]
    return pl.concat(parts)


def divided(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows before the test part and those of it, with three days that belong to neither."""
    seen = look_back(frame, "sold", ASKED).frame
    first = date(2024, 1, 1) + timedelta(days=FIRST)
    return seen.filter(pl.col("day") < first - timedelta(days=3)), seen.filter(pl.col("day") >= first)


def test_rows_are_forecast_from_their_own_origins() -> None:
    north, south = weekly_pattern(DAYS), [3 * value for value in weekly_pattern(DAYS, 1)]
    before, rows = divided(shops({"north": north, "south": south}))
    shuffled = rows.sample(fraction=1.0, shuffle=True, seed=1)
    found = compared(("ets", "theta"), ASKED, "sold", before, shuffled)
    for name, values in (("north", north), ("south", south)):
        here = np.flatnonzero((shuffled["shop"] == name).to_numpy())
        days = (shuffled["day"].to_numpy()[here] - np.datetime64("2024-01-01")).astype("timedelta64[D]").astype(int)
        course = theta.forecasts(np.array(values), FIRST - 3 + 1, 7, 3)
        assert found["theta"][here] == pytest.approx(course[days - 3])
        naive = np.abs(np.array(values)[days - 7] - np.array(values)[days]).mean()
        assert np.abs(found["ets"][here] - np.array(values)[days]).mean() < naive


def test_of_several_horizons_each_row_is_forecast_as_far_ahead_as_it_says() -> None:
    asked = Lookback(horizons=(1, 3), season=7, series="shop", date="day")
    values = weekly_pattern(DAYS)
    seen = look_back(shops({"north": values}), "sold", asked).frame
    first = date(2024, 1, 1) + timedelta(days=FIRST)
    before, rows = seen.filter(pl.col("day") < first - timedelta(days=3)), seen.filter(pl.col("day") >= first)
    found = compared(("theta",), asked, "sold", before, rows)["theta"]
    days = (rows["day"].to_numpy() - np.datetime64("2024-01-01")).astype("timedelta64[D]").astype(int)
    for horizon in (1, 3):
        here = (rows["sold_horizon"] == horizon).to_numpy()
        course = theta.forecasts(np.array(values), FIRST - 3 + 1, 7, horizon)
        assert found[here] == pytest.approx(course[days[here] - horizon])


def test_what_comes_after_an_origin_changes_nothing() -> None:
    values = weekly_pattern(DAYS)
    other = [*values[:130], *(1_000.0 + index for index in range(20))]
    told = []
    for each in (values, other):
        before, rows = divided(shops({"north": each}))
        found = compared(("ets", "theta"), ASKED, "sold", before, rows)
        early = (rows["day"] < date(2024, 1, 1) + timedelta(days=133)).to_numpy()
        told.append({name: scores[early].tolist() for name, scores in found.items()})
    assert told[0] == told[1]


def test_a_series_that_begins_in_the_test_part_has_forecasts_too() -> None:
    frame = shops({"old": weekly_pattern(DAYS)})
    late = shops({"new": weekly_pattern(40)}).with_columns(pl.col("day") + timedelta(days=FIRST))
    before, rows = divided(pl.concat([frame, late]))
    found = compared(("ets", "theta"), ASKED, "sold", before, rows)
    assert {name: bool(np.isfinite(scores).all()) for name, scores in found.items()} == {"ets": True, "theta": True}
