from __future__ import annotations

import itertools

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from mlops.ml.evaluation.studies.learning_curve import SHARES, measure, subsets, to_csv


def test_subsets_are_nested_and_hold_every_class_in_proportion() -> None:
    y = np.array([0] * 190 + [1] * 10)
    drawn = subsets(y, classes=True, seed=3)
    assert [share for share, _ in drawn] == list(SHARES)
    for (_, small), (_, large) in itertools.pairwise(drawn):
        assert set(small.tolist()) < set(large.tolist())
    assert [int(y[rows].sum()) for _, rows in drawn] == [1, 3, 5, 8, 10]
    assert drawn[-1][1].tolist() == list(range(200))


def test_shares_of_too_few_rows_are_left_out() -> None:
    assert [len(rows) for _, rows in subsets(np.arange(40.0), classes=False, seed=0)] == [20, 30, 40]
    assert [len(rows) for _, rows in subsets(np.arange(5.0), classes=False, seed=0)] == [5]


def test_more_rows_teach_more_and_intervals_are_around_the_value() -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(1500, 25))
    y = (x @ random.normal(size=25) + random.normal(scale=2, size=1500) > 0).astype(np.int64)

    def learn(rows: np.ndarray) -> np.ndarray:
        return LogisticRegression().fit(x[rows], y[rows]).predict_proba(x[1000:])[:, 1]

    points = measure("auroc", y[1000:], subsets(y[:1000], classes=True, seed=1), learn, 0)
    assert points[-1].interval.value > points[0].interval.value + 0.02
    assert all(point.interval.low < point.interval.value < point.interval.high for point in points)
    assert [point.rows for point in points] == pytest.approx([100, 250, 500, 750, 1000], abs=2)


def test_what_is_unknown_is_left_empty() -> None:
    drawn = [(1.0, np.arange(4))]
    points = measure("auroc", np.zeros(4), drawn, lambda _: np.full(4, 0.5), 0)
    assert to_csv(points) == "share,rows,value,low,high\n1,4,,,\n"
