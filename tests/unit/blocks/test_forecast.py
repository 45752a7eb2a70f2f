"""Distances of a forecast: how they are written, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mlops.blocks.forecast import Forecast, Lookback


@given(st.integers(1, 300), st.integers(0, 65))
def test_a_range_is_the_list_of_its_numbers(first: int, more: int) -> None:
    written = Forecast.model_validate({"horizons": f"{first}..{first + more}", "lags": f" {first} .. {first + more} "})
    assert written.horizons == written.lags == tuple(range(first, first + more + 1))
    assert written.horizon == first + more
    assert Forecast.model_validate(written.model_dump()) == written


@pytest.mark.parametrize(
    ("written", "where", "said"),
    [
        ({}, ("horizon",), "Field required"),
        ({"horizons": []}, ("horizon",), "Field required"),
        ({"horizons": [6, 1, 6]}, (), "distances rise, each once"),
        ({"horizon": 7, "horizons": [1, 6]}, (), "`horizon` is 7, and the furthest of `horizons` 6"),
        (
            {"horizons": "1-6"},
            ("horizons",),
            "Value error, `1-6` is no range; write one as `1..24`, or a list as `[1, 6, 24]`",
        ),
        ({"horizons": "6..1"}, ("horizons",), "Value error, `6..1` must rise, over at most 10,000 numbers"),
        ({"horizons": "1..999999"}, ("horizons",), "Value error, `1..999999` must rise, over at most 10,000 numbers"),
        ({"horizons": ["1"]}, ("horizons", 0), "Input should be a valid integer"),
        ({"horizons": [0, 3]}, ("horizons", 0), "Input should be greater than or equal to 1"),
        ({"horizons": 3}, ("horizons",), "Input should be a valid tuple"),
    ],
)
def test_what_is_no_distance_is_refused_in_its_place(written: Any, where: tuple[str, ...], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Forecast.model_validate(written)
    (problem,) = caught.value.errors()
    assert (problem["loc"], problem["msg"]) == (where, said)


def test_a_forecast_of_one_distance_is_spelt_as_before_there_were_several() -> None:
    assert not {"horizons", "observed"} & set(Lookback(date="day", horizon=7).model_dump())


@given(st.integers(1, 30), st.integers(1, 14), st.sampled_from([(), (1, 2, 24)]))
def test_nothing_of_a_row_lies_after_its_origin(furthest: int, season: int, lags: tuple[int, ...]) -> None:
    asked = Lookback(date="day", horizons=tuple(range(1, furthest + 1)), season=season, lags=lags, observed=("heat",))
    names = {horizon: asked.past("sold", horizon) for horizon in asked.distances}
    assert all(min(past.values()) == horizon for horizon, past in names.items())
    assert all(min(lag for _, lag in asked.observations("sold", each).values()) == each for each in asked.distances)
    assert {tuple(past) for past in names.values()} == {tuple(names[1])}
    assert set(asked.naive("sold").values()) <= set(asked.columns("sold"))
