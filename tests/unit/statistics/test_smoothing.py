"""Classical methods of series: they find what is plain, know nothing of what comes later, and stand each for itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops.statistics import smoothing, theta
from tests.builders.series import PASSENGERS

AIR = np.array(PASSENGERS, dtype=np.float64)


def ets(y: Any, known: int, season: int, horizon: int) -> Any:
    return smoothing.forecasts(np.asarray(y)[None], np.array([known]), season, horizon)[0]


def by_theta(y: Any, known: int, season: int, horizon: int) -> Any:
    return theta.forecasts(np.asarray(y, dtype=np.float64), known, season, horizon)


METHODS = pytest.mark.parametrize("method", [ets, by_theta])


def off(y: Any, found: Any, known: int, horizon: int) -> float:
    return float(np.abs(y[known + horizon - 1 :] - found[known - 1 : len(y) - horizon]).mean())


@pytest.mark.parametrize(("method", "share"), [(ets, 0.55), (by_theta, 0.75)])
@pytest.mark.parametrize("horizon", [1, 12])
def test_airline_passengers_are_forecast_better_than_by_the_year_before(
    method: Any, share: float, horizon: int
) -> None:
    naive = float(np.abs(AIR[111:] - AIR[99:-12]).mean())
    assert off(AIR, method(AIR, 100, 12, horizon), 100, horizon) < share * naive


def test_a_line_with_a_season_goes_on() -> None:
    time = np.arange(60)
    y = 5.0 + 2.0 * time + np.array([0.0, 9.0, -4.0, 1.0])[time % 4]
    assert off(y, ets(y, 40, 4, 6), 40, 6) < 0.2


def test_what_grows_by_a_share_goes_on_so() -> None:
    y = 10.0 * 1.05 ** np.arange(60)
    assert ets(y, 50, 1, 5)[54] == pytest.approx(y[59], rel=0.01)


def test_a_level_is_its_mean_and_a_walk_its_last_value() -> None:
    random = np.random.default_rng(0)
    level, walk = 100 + random.standard_normal(300), random.standard_normal(300).cumsum()
    assert ets(level, 250, 1, 1)[249:].std() < 0.5
    assert np.abs(ets(walk, 250, 1, 1) - walk)[249:].mean() < 0.3


@METHODS
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 999), period=st.integers(30, 58), horizon=st.integers(1, 9), gaps=st.booleans())
def test_nothing_is_known_of_what_comes_later(method: Any, seed: int, period: int, horizon: int, gaps: bool) -> None:
    random = np.random.default_rng(seed)
    y = 20 + random.standard_normal(60).cumsum() + np.tile([0, 3, -3], 20)
    y[random.random(60) < (0.2 if gaps else 0)] = np.nan
    y[0] = 20.0
    later = y.copy()
    later[period + 1 :] = random.uniform(1, 1e3, 59 - period)
    found, other = (method(each, 30, 3, horizon)[: period + 1] for each in (y, later))
    assert np.isfinite(found).all()
    assert found.tolist() == other.tolist()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 999), factor=st.sampled_from([0.25, 8.0, 1024.0]))
def test_another_unit_makes_no_difference(seed: int, factor: float) -> None:
    y = 50 + np.random.default_rng(seed).standard_normal(40).cumsum()
    for method in (ets, by_theta):
        assert method(y * factor, 30, 4, 2) == pytest.approx(factor * method(y, 30, 4, 2), rel=1e-9)


def test_series_stand_each_for_itself() -> None:
    random = np.random.default_rng(3)
    y = np.stack([random.standard_normal(80).cumsum(), AIR[:80], np.full(80, 7.0)])
    y[0, 50:] = np.nan
    known = np.array([40, 70, 60])
    together = smoothing.forecasts(y, known, 12, 3)
    for place, count in enumerate(known.tolist()):
        alone = smoothing.forecasts(y[place : place + 1], np.array([count]), 12, 3)
        assert together[place].tolist() == alone[0].tolist()


@METHODS
@pytest.mark.parametrize("known", [0, 1, 2, 3, 5])
def test_of_little_the_last_value_or_close_to_it_is_said(method: Any, known: int) -> None:
    found = method(np.array([3.0, np.nan, 4.0, 5.0, 6.0, 7.0]), known, 12, 2)
    assert np.isfinite(found).all()
    assert found[0] == pytest.approx(3.0, abs=3.0)


def test_several_distances_are_what_each_is_alone() -> None:
    y, known = AIR[None], np.array([100])
    together = smoothing.courses(y, known, 12, (1, 3, 14)), theta.courses(AIR, 100, 12, (1, 3, 14))
    for place, horizon in enumerate((1, 3, 14)):
        assert (together[0][place] == smoothing.forecasts(y, known, 12, horizon)).all()
        assert (together[1][place] == theta.forecasts(AIR, 100, 12, horizon)).all()
