import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial import distance

from mlops.ml.data import drift, profile

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


@pytest.mark.slow
@given(st.lists(st.integers(0, 50), min_size=2, max_size=12).filter(any))
def test_nothing_has_moved_from_itself(histogram):
    edges = list(range(len(histogram) - 1))
    assert drift.all_of(histogram, histogram, edges) == pytest.approx(
        dict.fromkeys(drift.all_of([1, 1], [1, 1], [0]), 0)
    )


def test_nothing_compares_with_no_rows():
    assert all(math.isnan(value) for value in drift.all_of([0, 0], [1, 2], [0.5]).values())


def test_a_profile_hides_values_and_small_groups():
    values = pl.Series("x", ["common"] * 100 + ["usual"] * 60 + ["rare"] * 5)
    hidden, shown = (profile.profile(values, "category", public=public) for public in (False, True))
    assert shown == {"levels": {"common": 100, "*": 65}}  # five rows alone could not hide
    assert hidden == {"levels": {profile.digested("common"): 100, "*": 65}}
    assert profile.between(hidden, shown) == pytest.approx({"chi_square": 0, "jensen_shannon": 0, "psi": 0})


@settings(deadline=None)
@given(st.lists(st.integers(0, 1000) | st.floats(0, 50), min_size=1, max_size=300))
def test_no_bin_holds_fewer_than_twenty_rows(values):
    found = profile.profile(pl.Series("x", [float(value) for value in values]), "float")
    assert found is None or min(found["counts"]) >= profile.LEAST_BEHIND
    assert found is None or sum(found["counts"]) == len(values)


def test_a_shift_is_seen_from_the_profile_and_no_shift_is_not():
    draw = np.random.default_rng(6)
    reference = profile.profile(pl.Series(draw.normal(0, 1, 5_000)), "float")
    same, moved = (pl.Series("x", draw.normal(mean, 1, 5_000)) for mean in (0, 1))
    assert profile.compare(reference, same, "float")["psi"] < 0.02
    found = profile.compare(reference, moved, "float")
    assert found["psi"] > 0.5
    assert found["ks"] == pytest.approx(stats.norm.cdf(0.5) - stats.norm.cdf(-0.5), abs=0.03)


def test_profiles_with_other_edges_are_laid_over_each_other():
    draw = np.random.default_rng(7)
    one, two = (profile.profile(pl.Series(draw.normal(mean, 1, 20_000)), "float") for mean in (0, 0.02))
    assert one["edges"] != two["edges"]
    assert profile.between(one, two)["psi"] < 0.01
    far = profile.profile(pl.Series(draw.normal(1, 1, 20_000)), "float")
    assert profile.between(one, far)["psi"] > 0.3
