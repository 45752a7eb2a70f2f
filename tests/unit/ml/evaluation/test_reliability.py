from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss

from mlops.documents.document import said
from mlops.ml.evaluation.studies.calibration import bins, brier_parts, recalibration, reliability
from tests.builders.evaluations import binary, multiclass, regression, with_scores


def honest(rows: int, seed: int = 0, *, stretched: float = 1.0, raised: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Outcomes, and their probabilities with odds that were stretched and raised."""
    random = np.random.default_rng(seed)
    odds = random.normal(size=rows)
    y = (random.random(rows) < 1 / (1 + np.exp(-odds))).astype(float)
    return y, 1 / (1 + np.exp(-(stretched * odds + raised)))


def test_slope_and_intercept_equal_scikit_learns() -> None:
    y, p = honest(2000, stretched=2.0, raised=0.5)
    odds = np.log(p / (1 - p))[:, None]
    fitted = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(odds, y)
    found = recalibration(y, p, np.arange(2000), 0.95)
    assert found["slope"].value == pytest.approx(float(fitted.coef_[0, 0]), rel=1e-4)


def test_probabilities_that_are_too_extreme_and_too_high_are_found() -> None:
    y, p = honest(4000)
    good = recalibration(y, p, np.arange(4000), 0.95)
    assert good["slope"].low < 1 < good["slope"].high
    assert good["intercept"].low < 0 < good["intercept"].high
    bad = recalibration(*honest(4000, stretched=2.0, raised=0.8), np.arange(4000), 0.95)
    assert bad["slope"].high < 0.6
    assert bad["intercept"].high < 0


def test_the_interval_of_the_slope_holds_the_truth_about_as_often_as_it_says() -> None:
    held = 0
    for seed in range(200):
        found = recalibration(*honest(300, seed), np.arange(300), 0.9)["slope"]
        held += found.low <= 1 <= found.high
    assert 0.84 <= held / 200 <= 0.96


def test_rows_that_are_copies_of_each_other_narrow_nothing() -> None:
    y, p = honest(300)
    single, alone = recalibration(y, p, np.arange(300), 0.95), bins(y, p, np.arange(300), 0.95)
    groups = np.repeat(np.arange(300), 4)
    copied, fourfold = (f(np.repeat(y, 4), np.repeat(p, 4), groups, 0.95) for f in (recalibration, bins))
    assert said(copied["slope"]) == pytest.approx(said(single["slope"]), rel=1e-6)
    for one, four in zip(alone, fourfold, strict=True):
        assert (four.low, four.high) == pytest.approx((one.low, one.high), abs=0.02)


@pytest.mark.parametrize(
    ("y", "p"),
    [
        (np.ones(20), np.linspace(0.1, 0.9, 20)),
        (np.array([0.0, 1.0] * 10), np.full(20, 0.5)),
        (np.repeat([0.0, 1.0], 10), np.linspace(0.1, 0.9, 20)),
    ],
    ids=["one class", "one probability", "classes apart"],
)
def test_a_regression_without_an_answer_has_no_slope(y: np.ndarray, p: np.ndarray) -> None:
    assert recalibration(y, p, np.arange(20), 0.95)["slope"] is None


def test_the_parts_of_the_brier_score_add_up() -> None:
    y, p = honest(500)
    p = p.round(1)
    parts = brier_parts(y, p)
    assert parts.score == pytest.approx(brier_score_loss(y, p))
    parts = brier_parts(y, np.full(500, y.mean()))
    assert (parts.reliability, parts.resolution) == (pytest.approx(0), pytest.approx(0))
    assert parts.score == pytest.approx(parts.uncertainty)
    alone = brier_parts(y, np.where(p > 0.5, 0.75, 0.25))
    assert alone.within_bins == pytest.approx(0, abs=1e-12)


def test_every_bin_has_an_interval_around_what_was_seen() -> None:
    found = reliability(binary(1000, grouped=True), 0.95)
    assert found is not None
    assert sum(each.rows for each in found.bins) == 1000
    assert all(0 <= each.low < each.observed < each.high <= 1 for each in found.bins[1:-1])
    assert all(each.low < each.high for each in found.bins)


def test_several_classes_are_described_by_the_likeliest() -> None:
    data = multiclass()
    found = reliability(data, 0.95)
    assert found is not None
    right = float((data.scores["candidate"].argmax(axis=1) == data.target).mean())
    assert sum(b.observed * b.rows for b in found.bins) / len(data) == pytest.approx(right)


def test_what_is_no_probability_is_not_described() -> None:
    data = binary(50)
    assert reliability(regression(), 0.95) is None
    assert reliability(with_scores(data, candidate=np.full(50, np.nan)), 0.95) is None
    assert reliability(with_scores(data, candidate=np.full(50, 1.5)), 0.95) is None
    assert reliability(replace(data, target=np.ones(50, dtype=np.int64)), 0.95) is not None
