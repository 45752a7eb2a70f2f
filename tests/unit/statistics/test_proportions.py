from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from mlops.ml.data.leakage_by_region import Region
from mlops.statistics.proportions import Share, difference, normal_quantile, ratio


def test_newcombes_published_example() -> None:
    low, high = difference(Share(56 / 70, 70), Share(48 / 80, 80), 1.959964)
    assert (round(low, 4), round(high, 4)) == (0.0524, 0.3339)


def test_wilson_is_scipys() -> None:
    from scipy.stats import binomtest

    for hits, rows in ((0, 20), (3, 20), (20, 20), (480, 1000)):
        reference = binomtest(hits, rows).proportion_ci(0.95, method="wilson")
        assert Share(hits / rows, rows).interval(norm.ppf(0.975)) == pytest.approx(
            (reference.low, reference.high), abs=1e-9
        )


def test_a_ratio_covers_the_truth_as_often_as_it_says() -> None:
    random = np.random.default_rng(0)
    missed = 0
    for _ in range(1000):
        first, second = random.binomial(60, 0.3) / 60, random.binomial(300, 0.4) / 300
        low, high = ratio(Share(first, 60), Share(second, 300), 1.959964)
        missed += not low <= 0.75 <= high
    assert missed / 1000 < 0.05 + 3 * math.sqrt(0.05 * 0.95 / 1000)


def test_a_ratio_to_nothing_has_no_end() -> None:
    assert ratio(Share(0.5, 30), Share(0.0, 30), 1.96)[1] == math.inf
    assert ratio(Share(0.0, 30), Share(0.5, 30), 1.96)[0] == 0


@given(st.integers(1, 5000), st.data())
def test_a_region_is_bounded_by_the_same_interval(rows: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, rows))
    region = Region("x", "value", "x = 1", "1", rows, 1, hits, max(hits, 1), 10_000)
    assert region.bound == Share(region.error_rate, rows).interval(3.0)[1]
    assert region.error_rate <= region.bound <= 1


def test_an_interval_of_a_confidence_leaves_as_much_on_either_side() -> None:
    assert normal_quantile(0.95) == pytest.approx(norm.ppf(0.975))
