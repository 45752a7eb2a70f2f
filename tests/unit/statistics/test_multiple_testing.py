"""Against scipy, and against each method as its authors describe it, one test after the other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from mlops.statistics.multiple_testing import benjamini_hochberg, holm

p_values = st.lists(st.floats(0, 1) | st.sampled_from([0.0, 0.01, 0.025, 0.05, 1.0]), max_size=12)


@given(p_values, st.sampled_from([0.025, 0.05, 0.1]))
def test_holm_goes_from_the_surest_to_the_first_that_does_not_hold(p_values: list[float], error: float) -> None:
    held, level, holds = [False] * len(p_values), [0.0] * len(p_values), True
    for position, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        level[index] = error / (len(p_values) - position)
        held[index] = holds = holds and p_values[index] <= level[index]
    found = holm(p_values, error)
    assert (found.holds.tolist(), found.level.tolist()) == (held, level)
    assert list(found.claims()) == list(zip(held, level, strict=True))


@given(p_values)
def test_an_adjusted_p_value_is_held_to_the_error_of_all(p_values: list[float]) -> None:
    for method in (holm, benjamini_hochberg):
        adjusted = method(p_values).adjusted
        for error in (0.0123, 0.0567, 0.321):
            assert (method(p_values, error).holds == (adjusted <= error)).all()
        assert ((adjusted >= np.array(p_values) * (1 - 1e-12)) & (adjusted <= 1)).all()


@given(st.lists(st.floats(0, 1), min_size=1, max_size=200))
def test_benjamini_hochberg_is_scipys(p_values: list[float]) -> None:
    found = benjamini_hochberg(p_values, 0.1)
    assert found.adjusted == pytest.approx(false_discovery_control(p_values), abs=1e-12)
    assert found.holds.sum() >= holm(p_values, 0.1).holds.sum()


def test_what_holds_by_benjamini_and_hochberg_shares_one_level() -> None:
    found = benjamini_hochberg([0.001, 0.9, 0.01, 0.2], 0.05)
    assert found.holds.tolist() == [True, False, True, False]
    assert found.level.tolist() == [0.025, 0.05, 0.025, 0.05 * 3 / 4]


def test_no_tests_come_to_nothing() -> None:
    assert list(holm([]).claims()) == list(benjamini_hochberg([]).claims()) == []
