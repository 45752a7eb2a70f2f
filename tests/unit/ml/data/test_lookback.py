from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops.blocks.forecast import Lookback
from mlops.errors import ConfigurationError, DataError, MlopsError
from mlops.ml.data.lookback import look_back, seasonal_scale
from mlops.ml.data.parquet import ROW
from tests.builders.series import PASSENGERS

START = date(2024, 1, 1)


def table(values: list[Any], skip: tuple[int, ...] = (), **more: list[Any]) -> pl.DataFrame:
    kept = [index for index in range(len(values)) if index not in skip]
    columns = {"demand": values, **more}
    days = [START + timedelta(days=index) for index in kept]
    return pl.DataFrame({"day": days, **{name: [column[i] for i in kept] for name, column in columns.items()}})


def asked(horizon: int, **more: Any) -> Lookback:
    return Lookback(date="day", horizon=horizon, **more)


def test_a_row_sees_what_was_known_a_horizon_before() -> None:
    found = look_back(table([1, 2, 4, 8, 16, 32, 64]), "demand", asked(2, season=3, lags=(4,), windows=(2,)))
    assert found.frame.columns == ["day", "demand", *asked(2, season=3, lags=(4,), windows=(2,)).columns("demand")]
    assert found.frame.drop("day").rows() == [
        (16, 4.0, 2.0, 1.0, 3.0, pytest.approx(np.std([2, 4], ddof=1))),
        (32, 8.0, 4.0, 2.0, 6.0, pytest.approx(np.std([4, 8], ddof=1))),
        (64, 16.0, 8.0, 4.0, 12.0, pytest.approx(np.std([8, 16], ddof=1))),
    ]
    assert found.short == 4
    assert set(found.types.values()) == {"float"}


def test_a_lag_is_a_distance_in_time_not_in_rows() -> None:
    found = look_back(table(list(range(8)), skip=(3,)), "demand", asked(1, lags=(2,))).frame
    assert found.select("demand", "demand_lag_1", "demand_lag_2").rows() == [(2, 1, 0), (6, 5, 4), (7, 6, 5)]


def test_series_do_not_see_each_other_and_the_order_of_rows_says_nothing() -> None:
    both = pl.concat(
        [
            table([1, 2, 3, 4]).with_columns(pl.lit("north").alias("shop")),
            table([10, 20, 30, 40]).with_columns(pl.lit("south").alias("shop")),
        ]
    ).sample(fraction=1, shuffle=True, seed=1)
    found = look_back(both, "demand", asked(1, series="shop", lags=(2,))).frame.sort("shop", "day")
    assert found.select("demand", "demand_lag_1", "demand_lag_2").rows() == [
        (3, 2, 1), (4, 3, 2), (30, 20, 10), (40, 30, 20),
    ]  # fmt: skip


def test_with_several_horizons_a_target_date_is_a_row_for_each_and_its_past_is_that_of_its_origin() -> None:
    rows = table([1, 2, 4, 8, 16, 32], heat=[0, 1, 2, 3, 4, 5]).with_columns(pl.Series(ROW, range(10, 16)))
    wanted = Lookback(date="day", horizons=(1, 2), season=3, lags=(2,), windows=(2,), observed=("heat",))
    found = look_back(rows, "demand", wanted)
    made = ["horizon", "back_1", "back_2", "season", "mean_2", "std_2"]
    assert list(wanted.columns("demand")) == [*(f"demand_{name}" for name in made), "heat_seen_1", "heat_seen_2"]
    assert found.frame.drop("day", "heat", "demand_std_2").rows() == [
        (8, 26, 1, 4.0, 2.0, 1.0, 3.0, 2.0, 1.0),
        (8, 27, 2, 2.0, 1.0, 1.0, 1.5, 1.0, 0.0),
        (16, 28, 1, 8.0, 4.0, 2.0, 6.0, 3.0, 2.0),
        (16, 29, 2, 4.0, 2.0, 2.0, 3.0, 2.0, 1.0),
        (32, 30, 1, 16.0, 8.0, 4.0, 12.0, 4.0, 3.0),
        (32, 31, 2, 8.0, 4.0, 4.0, 6.0, 3.0, 2.0),
    ]
    assert found.short == 6
    assert found.types["demand_horizon"] == "int"


@given(
    st.lists(st.integers(1, 6), min_size=2, max_size=3, unique=True).map(sorted), st.integers(1, 4), st.integers(8, 25)
)
@settings(max_examples=25, deadline=None)
def test_nothing_after_its_own_origin_changes_what_a_row_of_several_sees(
    horizons: list[int], season: int, origin: int
) -> None:
    wanted = Lookback(date="day", horizons=tuple(horizons), season=season, windows=(3,), observed=("heat",))
    values = [day * day % 17 for day in range(30)]
    other = [value if day <= origin else -value - 99 for day, value in enumerate(values)]
    made = [look_back(table(each, heat=each), "demand", wanted).frame for each in (values, other)]
    last = pl.lit(START) + pl.duration(days=pl.col("demand_horizon") + origin)
    seen = [frame.filter(pl.col("day") <= last).select("day", *wanted.columns("demand")) for frame in made]
    assert seen[0].equals(seen[1])
    assert set(seen[0]["demand_horizon"]) == set(horizons)


def test_a_target_that_is_there_once_a_horizon_counts_once_in_the_scale() -> None:
    values = [float(day * day % 11) for day in range(40)]
    several = look_back(table(values), "demand", wanted := Lookback(date="day", horizons=(1, 2), season=3)).frame
    once = several.unique("day", keep="any").select("day", "demand")
    found = seasonal_scale(several, several, "demand", wanted)
    assert set(found) == set(seasonal_scale(once, once, "demand", asked(1, season=3)))
    assert len(found) == several.height


@pytest.mark.slow
@given(st.lists(st.integers(-99, 99), min_size=20, max_size=40), st.integers(1, 6), st.integers(0, 39), st.data())
@settings(max_examples=40, deadline=None)
def test_nothing_after_the_origin_changes_what_a_row_sees(
    values: list[int], horizon: int, origin: int, data: st.DataObject
) -> None:
    wanted = asked(horizon, season=data.draw(st.integers(1, 4)), windows=(3,), lags=(horizon + 1,))
    other = [value if day <= origin else data.draw(st.integers(-9_999, 9_999)) for day, value in enumerate(values)]
    made = [look_back(table(each), "demand", wanted).frame for each in (values, other)]
    last = START + timedelta(days=origin + horizon)
    seen = [frame.filter(pl.col("day") <= last).select("day", *wanted.columns("demand")) for frame in made]
    assert seen[0].equals(seen[1])


@pytest.mark.parametrize(
    ("horizon", "season", "seasonal"), [(1, 1, 1), (3, 12, 12), (12, 12, 12), (13, 12, 24), (7, 1, 7)]
)
def test_the_seasonal_forecast_uses_the_last_value_of_the_season_that_is_known(
    horizon: int, season: int, seasonal: int
) -> None:
    wanted = asked(horizon, season=season)
    assert wanted.seasonal(horizon) == seasonal
    lags = list(wanted.past("demand", horizon).values())
    assert min(lags) == horizon
    assert seasonal in lags


def test_the_scale_is_the_seasonal_naive_error_of_each_series_in_train() -> None:
    months = [date(1949 + i // 12, 1 + i % 12, 1) for i in range(len(PASSENGERS))]
    air = pl.DataFrame({"day": months, "demand": PASSENGERS}).with_columns(pl.lit("air").alias("way"))
    sea = air.with_columns((pl.col("demand") * 3).alias("demand"), pl.lit("sea").alias("way"))
    new = air.with_columns(pl.lit("rail").alias("way"))
    wanted = asked(3, every="month", season=12, series="way")
    found = seasonal_scale(pl.concat([air, sea]), pl.concat([sea[:1], air[:1], new[:1]]), "demand", wanted)
    expected = float(np.abs(np.array(PASSENGERS[12:]) - np.array(PASSENGERS[:-12])).mean())
    assert expected == pytest.approx(1057 / 33)
    assert found[:2] == pytest.approx([3 * expected, expected])
    assert np.isnan(found[2])


def test_a_series_that_never_changes_has_no_scale() -> None:
    assert np.isnan(seasonal_scale(table([5] * 20), table([5]), "demand", asked(1))).all()


@pytest.mark.parametrize(
    ("frame", "wanted", "said"),
    [
        (table([1, 2, 3]), asked(1, known=("holiday",)), "`forecast` names columns that are not there: holiday"),
        (table([1, 2], demand_lag_1=[0, 0]), asked(1), "`forecast` would overwrite columns of the data: demand_lag_1"),
        (
            table([1, 2, 3], heat=["a", "b", "c"]),
            asked(1, observed=("heat",)),
            "`forecast.observed` names columns that are no numbers: heat",
        ),
        (table([1, 2, 3], shop=["a", None, "a"]), asked(1, series="shop"), "1 of 3 rows have no value of the series"),
        (pl.concat([table([1, 2, 3]), table([4])]), asked(1), "1 of 4 rows are in a day that another row of the"),
        (table(list(range(30)), skip=tuple(range(2, 29))), asked(1), "3 rows lie in 30 periods, so that most of the"),
        (table([1, 2, 3]), asked(2), "no row has all of the 4 periods before it"),
        (table([1, 2, 3]), Lookback(date="demand", horizon=1), "`demand` is Int64, not a date"),
    ],
)
def test_what_cannot_be_looked_back_on_is_refused(frame: pl.DataFrame, wanted: Lookback, said: str) -> None:
    with pytest.raises(MlopsError) as caught:
        look_back(frame, "demand", wanted)
    assert isinstance(caught.value, ConfigurationError | DataError)
    assert caught.value.message.startswith(said)
    assert caught.value.hint
