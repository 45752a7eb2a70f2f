import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial import distance

from mlops.statistics import drift

HISTOGRAMS = [([10, 20, 30], [12, 18, 33]), ([500, 1, 7, 92], [400, 30, 9, 161]), ([5, 0, 5], [0, 5, 5])]


@pytest.mark.parametrize(("first", "second"), HISTOGRAMS)
def test_histograms_have_the_statistics_that_scipy_gives(first, second):
    expected = stats.chi2_contingency([first, second], correction=False)
    assert drift.chi_square(first, second) == (pytest.approx(expected.statistic), expected.dof)
    assert drift.jensen_shannon(first, second) == pytest.approx(distance.jensenshannon(first, second, 2))


@pytest.mark.parametrize(("first", "second"), HISTOGRAMS[:2])
def test_psi_is_the_sum_of_both_relative_entropies(first, second):
    p, q = np.array(first) / sum(first), np.array(second) / sum(second)
    assert drift.psi(first, second) == pytest.approx(stats.entropy(p, q) + stats.entropy(q, p))


def test_psi_of_an_empty_bin_is_large_but_finite():
    assert drift.psi([5, 5], [10, 0]) == pytest.approx(0.5 * math.log(2) + (0.5 - 1e-4) * math.log(0.5 / 1e-4))


def test_bins_at_every_value_lose_nothing():
    draw = np.random.default_rng(5)
    first, second = draw.integers(0, 12, 500).astype(float), draw.integers(2, 12, 400).astype(float)
    edges = np.arange(12.0)
    one, two = drift.counts(first, edges), drift.counts(second, edges)
    assert drift.ks(one, two) == pytest.approx(stats.ks_2samp(first, second).statistic)
    assert drift.wasserstein(one, two, edges) == pytest.approx(stats.wasserstein_distance(first, second))


@given(
    st.lists(st.floats(-100, 100) | st.sampled_from([math.nan, math.inf, -math.inf]), min_size=1, max_size=60),
    st.lists(st.integers(-100, 100), min_size=1, max_size=80, unique=True),
)
def test_counts_agree_with_plain_python(values, edges):
    bounds = sorted(map(float, edges))
    expected = [0] * (len(bounds) + 1)
    for value in values:
        if math.isfinite(value):
            expected[sum(value > bound for bound in bounds)] += 1
    assert drift.counts(np.array(values), bounds).tolist() == expected


@pytest.mark.parametrize("edges", [[0.0], list(map(float, range(100)))])
def test_counts_of_many_values_are_those_of_all_at_once(edges, monkeypatch):
    draw = np.random.default_rng(3)
    values = np.where(draw.random(1_000) < 0.1, np.nan, draw.normal(20, 40, 1_000))
    at_once = drift.counts(values, edges)
    monkeypatch.setattr(drift, "_AT_ONCE", 7)
    assert drift.counts(values, edges).tolist() == at_once.tolist()
    assert at_once.sum() == np.isfinite(values).sum()


@pytest.mark.slow
@given(st.lists(st.integers(0, 50), min_size=2, max_size=12).filter(any))
def test_nothing_has_moved_from_itself(histogram):
    edges = list(range(len(histogram) - 1))
    assert drift.all_of(histogram, histogram, edges) == pytest.approx(
        dict.fromkeys(drift.all_of([1, 1], [1, 1], [0]), 0)
    )


def test_nothing_compares_with_no_rows():
    assert all(math.isnan(value) for value in drift.all_of([0, 0], [1, 2], [0.5]).values())


@pytest.mark.parametrize(("first", "second"), [([400, 300, 300], [30, 40, 60]), *HISTOGRAMS[:1]])
def test_the_p_value_is_that_of_scipy(first, second):
    expected = stats.chi2_contingency([first, second], correction=False).pvalue
    assert drift.homogeneity(first, second) == pytest.approx(expected)


def test_thin_bins_are_tested_together():
    expected = stats.chi2_contingency([[900, 60, 40], [90, 8, 2]], correction=False).pvalue
    assert drift.homogeneity([900, 60, 20, 20], [90, 8, 1, 1]) == pytest.approx(expected)
    assert drift.homogeneity([10, 0], [5, 0]) == 1.0


def test_quantiles_a_step_apart_are_that_far_apart():
    draw = np.random.default_rng(8)
    chances = np.linspace(0, 1, 2001)
    first, second = draw.normal(0, 1, 50_000), draw.normal(0.5, 1, 50_000)
    quantiles = [np.quantile(values, chances) for values in (first, second)]
    assert drift.wasserstein_of_quantiles(*quantiles) == pytest.approx(
        stats.wasserstein_distance(first, second), abs=0.005
    )
