"""Going back to several origins: nothing that is learnt from lies after what is measured, or too near before it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.ml.evaluation.studies.walk_forward import FEWEST, interval, stretches

TIMES = st.lists(st.integers(0, 60), min_size=60, max_size=400).map(lambda days: np.array(days, dtype=np.float64))


@pytest.mark.slow
@given(TIMES, st.integers(2, 8), st.integers(0, 5), st.one_of(st.none(), st.integers(5, 40)))
def test_an_origin_knows_only_what_lies_before_it(times, origins, gap, sliding):
    found = stretches(times, origins, gap, sliding)
    assert len(found) <= origins
    for one in found:
        assert times[one.known].max() < one.origin
        assert times[one.known].max() <= one.origin - gap
        assert times[one.test].min() >= one.origin
        assert times[one.train].max() < times[one.validation].min()
        assert times[one.train].max() <= times[one.validation].min() - gap
        assert {*one.train, *one.validation} <= {*one.known}
        assert len(one.train) >= FEWEST
        if sliding is not None:
            assert times[one.known].min() >= one.origin - gap - sliding
    measured = np.concatenate([one.test for one in found]) if found else np.empty(0)
    assert len(measured) == len({*measured})


def test_without_a_bound_what_is_known_grows_and_with_one_it_slides():
    times = np.arange(400.0)
    assert [len(one.known) for one in stretches(times, 4)] == [200, 250, 300, 350]
    assert [len(one.known) for one in stretches(times, 4, sliding=100)] == [100, 100, 100, 100]


@pytest.mark.slow
@given(TIMES, st.integers(2, 8))
def test_the_order_of_rows_says_nothing(times, origins):
    order = np.random.default_rng(0).permutation(len(times))
    there, here = stretches(times[order], origins), stretches(times, origins)
    assert [sorted(order[one.test]) for one in there] == [sorted(one.test) for one in here]
    assert [sorted(order[one.train]) for one in there] == [sorted(one.train) for one in here]


def test_one_origin_has_no_interval_and_no_row_no_origin():
    assert np.isnan(interval([0.7], 0.2)).tolist() == [False, True, True]
    assert stretches(np.empty(0), 3) == []


def test_the_interval_covers_what_origins_vary_by():
    """Draws whose origins share their rows as folds do: correlated by the ratio of Nadeau and Bengio."""
    draw, ratio, count = np.random.default_rng(0), 0.25, 5
    shared = draw.normal(0, np.sqrt(ratio / (1 + ratio)), (4_000, 1))
    values = shared + draw.normal(0, np.sqrt(1 / (1 + ratio)), (4_000, count))
    covered = [low <= 0 <= high for _, low, high in (interval(one.tolist(), ratio) for one in values)]
    assert np.mean(covered) == pytest.approx(0.95, abs=0.02)
