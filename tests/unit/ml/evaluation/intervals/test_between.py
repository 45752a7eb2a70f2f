"""Folds in intervals: rows are drawn inside each, and values vary as far as folds differ."""

import numpy as np
import pytest

from mlops.metrics.weighting import mean
from mlops.ml.evaluation.by_fold import averaged
from mlops.ml.evaluation.intervals.between import Between
from mlops.ml.evaluation.intervals.bootstrap import draw
from mlops.ml.evaluation.intervals.resampling import Resampling
from mlops.ml.evaluation.metrics import compute, statistic
from tests.builders.evaluations import binary, with_scores

ROWS, COUNT = 500, 5
FOLDS = np.arange(ROWS) % COUNT
EVERYTHING = np.arange(ROWS)


def test_rows_are_drawn_inside_their_folds():
    resampling = Resampling.of(ROWS, None, 20, 0, FOLDS)
    for weights in resampling.weights():
        for fold in range(COUNT):
            assert (weights[:, fold == FOLDS].sum(axis=1) == ROWS / COUNT).all()


def test_groups_are_drawn_whole_and_inside_their_folds():
    groups = np.arange(ROWS) // 2
    folds = groups % COUNT
    for weights in Resampling.of(ROWS, groups, 20, 0, folds).weights():
        assert (weights[:, ::2] == weights[:, 1::2]).all()
        assert (weights[:, folds == 3].sum(axis=1) == ROWS / COUNT).all()


def test_without_folds_the_resamples_are_those_of_before():
    plain, dealt = (next(Resampling.of(50, None, 4, 1, folds).weights()) for folds in (None, np.zeros(50, dtype=int)))
    assert (plain == dealt).all()


def test_the_variance_between_folds_is_added_by_the_share_of_test_to_train_rows():
    values = np.where(FOLDS == 0, 5.0, 0.0)
    drawn = draw({0: (mean(values), EVERYTHING)}, Resampling.of(ROWS, None, 20_000, 0, FOLDS))[0]
    between = np.var([5, 0, 0, 0, 0], ddof=1)  # inside a fold nothing varies, so that this is all there is
    assert drawn.var() == pytest.approx(between / 3, rel=0.03)
    assert drawn.mean() == pytest.approx(values.mean(), abs=0.03)


def test_differences_of_models_stay_paired():
    random = np.random.default_rng(0)
    values = random.normal(size=ROWS) + FOLDS
    draws = draw(
        {0: (mean(values), EVERYTHING), 1: (mean(values + 1), EVERYTHING)}, Resampling.of(ROWS, None, 200, 0, FOLDS)
    )
    assert (draws[1] - draws[0]) == pytest.approx(np.ones(200))


def test_what_is_in_one_fold_alone_has_no_interval():
    rows = np.flatnonzero(FOLDS == 2)
    drawn = draw({0: (mean(np.arange(len(rows), dtype=float)), rows)}, Resampling.of(ROWS, None, 50, 0, FOLDS))[0]
    assert np.isnan(drawn).all()
    assert Between.of(None) is None


def test_what_ranks_rows_is_measured_in_each_fold():
    data = binary(ROWS)
    shifted = with_scores(data, candidate=(data.scores["candidate"] + FOLDS) / COUNT)  # each fold on a scale of its own
    dealt = type(data)(**{**vars(shifted), "folds": FOLDS})
    found = float(dealt.statistic("auroc", "candidate")(np.ones((1, ROWS)))[0])
    each = [
        compute("auroc", data.target[fold == FOLDS], data.scores["candidate"][fold == FOLDS]) for fold in range(COUNT)
    ]
    assert found == pytest.approx(np.mean(each))
    assert found > compute("auroc", shifted.target, shifted.scores["candidate"]) + 0.1
    brier = float(dealt.statistic("brier", "candidate")(np.ones((1, ROWS)))[0])
    assert brier == pytest.approx(compute("brier", shifted.target, shifted.scores["candidate"]))


def test_a_fold_without_a_class_is_left_out_and_none_is_no_value():
    y, score = np.array([0, 1, 1, 1]), np.array([0.2, 0.7, 0.5, 0.6])
    folds = np.array([0, 0, 1, 1])
    apply = averaged(folds, lambda rows: statistic("auroc", y[rows], score[rows]))
    assert apply(np.ones((1, 4))).tolist() == [1.0]
    assert np.isnan(apply(np.array([[1.0, 0, 1, 1]]))).all()
    assert np.isnan(averaged(folds[:0], lambda rows: statistic("auroc", y[rows], score[rows]))(np.ones((2, 0)))).all()
