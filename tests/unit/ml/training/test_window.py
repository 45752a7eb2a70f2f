"""Where the past of a series stands in a row, by the names that a forecast gives to its columns."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops.blocks.forecast import Lookback
from mlops.errors import ConfigurationError
from mlops.ml.training.window import Window


@given(st.sampled_from(["horizon", "horizons"]), st.integers(0, 9), st.randoms())
@settings(max_examples=20)
def test_the_columns_of_a_forecast_are_found_in_any_order(kind: str, count: int, random: object) -> None:
    ahead: dict[str, Any] = {"horizon": 3} if kind == "horizon" else {"horizons": (1, 3)}
    first = min(ahead.get("horizons", (3,)))
    lags = tuple(range(first, first + 2 + count)) if count else ()
    asked = Lookback(date="day", season=30, lags=lags, windows=(5,), observed=("heat",), **ahead)
    names = [*asked.columns("so_lag_ld"), None, "price"]
    random.shuffle(names)  # type: ignore[attr-defined]
    found = Window.of(names, len(names), "nlinear")
    past = [str(names[place]) for place in found.past]
    known = asked.past("so_lag_ld", asked.horizon)
    numbers = [known[name] for name in past]
    assert numbers == list(range(asked.horizon, asked.horizon + len(past)))
    assert {names[place] for place in found.levels} == {*known, "so_lag_ld_mean_5"} - set(past)
    assert (found.ahead is None) == (kind == "horizon")
    held = [*found.past, *found.levels, *found.others, *([] if found.ahead is None else [found.ahead])]
    assert sorted(held) == list(range(len(names)))


@pytest.mark.parametrize(
    ("names", "said", "hint"),
    [
        (
            ["price", None],
            "kind nlinear reads the past of what it forecasts, and no column has it",
            "`task: forecasting` makes it: `forecast: {horizons: 1..24, lags: 1..48}`",
        ),
        (
            ["a_lag_1", "a_lag_2", "b_lag_1"],
            "kind nlinear reads the past of one series, and columns have that of `a`, `b`",
            "rename the columns that `forecast` did not make, or leave them out",
        ),
        (
            ["a_back_1", "a_back_7", "a_horizon"],
            "kind nlinear reads 2 values or more that follow each other, and of `a` there are 1",
            "write a window, as `forecast: {horizons: 1..24, lags: 1..48}`",
        ),
    ],
)
def test_what_has_no_past_is_refused(names: list[str | None], said: str, hint: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Window.of(names, len(names), "kind nlinear", 2)
    assert (caught.value.message, caught.value.hint) == (said, hint)


def test_one_known_value_is_a_past() -> None:
    assert Window.of(["a_lag_7", "a_lag_14", None], 3, "nlinear") == Window((0,), (1,), (2,))


def test_a_series_that_a_forecast_names_stands_before_columns_that_look_like_it() -> None:
    assert Window.of(["b_lag_1", "a_back_2", "a_back_1", "a_horizon"], 4, "nlinear") == Window((2, 1), (), (0,), 3)
