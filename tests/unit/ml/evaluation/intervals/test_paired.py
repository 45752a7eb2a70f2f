from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, norm

from mlops.ml.evaluation.intervals.paired import Pairs
from mlops.ml.evaluation.intervals.power import power, rows_for, told


@pytest.mark.parametrize(("gained", "lost"), [(15, 5), (0, 1), (5, 15), (80, 80), (500, 450)])
def test_the_mid_p_value_is_that_of_the_binomial_distribution(gained: int, lost: int) -> None:
    trials = gained + lost
    expected = binom.sf(gained, trials, 0.5) + binom.pmf(gained, trials, 0.5) / 2
    assert Pairs(2000, gained, lost).p_value(0.0, 1) == pytest.approx(expected, rel=1e-9)


def test_many_differences_are_mcnemars_statistic() -> None:
    pairs = Pairs(50_000, 900, 800)
    assert pairs.score(0.0) == pytest.approx((900 - 800) / math.sqrt(1700))
    assert pairs.p_value(0.0, 1) == pytest.approx(norm.sf(100 / math.sqrt(1700)))


@given(st.integers(1, 400), st.integers(0, 100), st.integers(0, 100))
def test_the_interval_is_what_the_test_does_not_refuse(agreed: int, gained: int, lost: int) -> None:
    pairs = Pairs(agreed + gained + lost, gained, lost)
    low, high = pairs.interval(0.025)
    assert -1 <= low <= pairs.difference <= high <= 1
    assert abs(pairs.score(low)) <= 1.97
    swapped = Pairs(pairs.rows, lost, gained).interval(0.025)
    assert swapped == pytest.approx((-high, -low), abs=1e-6)


def test_models_that_agree_everywhere_may_still_differ() -> None:
    low, high = Pairs(100, 0, 0).interval(0.025)
    assert (low, high) == pytest.approx((-0.037, 0.037), abs=1e-3)  # z^2 / (n + z^2)


def test_the_power_is_that_of_the_worked_example() -> None:
    # one point, 2,000 rows, errors that differ with variance 0.0611: 44 %
    assert power(0.01, math.sqrt(0.0611 / 2000), 0.025) == pytest.approx(0.44, abs=0.01)
    assert rows_for(0.8, 0.01, 0.0611, 0.025) == 4796
    assert power(0.01, math.sqrt(0.0611 / 4796), 0.025) == pytest.approx(0.8, abs=0.001)


def test_the_power_is_that_of_simulations() -> None:
    random = np.random.default_rng(0)
    gains = random.multinomial(1000, [0.05, 0.03, 0.92], size=20_000)
    seen = (gains[:, 0] - gains[:, 1]) / np.sqrt(gains[:, 0] + gains[:, 1]) > norm.ppf(0.975)
    assert seen.mean() == pytest.approx(power(0.02, math.sqrt((0.08 - 0.0004) / 1000), 0.025), abs=0.03)


@given(st.floats(1, 1e9))
def test_rows_that_are_needed_are_told_in_two_digits_and_never_too_few(rows: float) -> None:
    said = told(rows)
    assert rows <= said <= max(rows + 1, 1.1 * rows)
    assert set(str(said)[2:]) <= {"0"}
