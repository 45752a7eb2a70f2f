from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from sklearn import metrics as reference
from sklearn.calibration import calibration_curve

from mlops.ml.evaluation.studies.curves import calibration, plots, precision_recall, roc, to_csv
from tests.builders.evaluations import binary, multiclass, regression, with_scores


def test_the_curves_enclose_the_areas_that_scikit_learn_finds() -> None:
    data = binary(500)
    y, score = data.target, data.scores["candidate"].round(2)
    assert reference.auc(*roc(y, score)) == pytest.approx(reference.roc_auc_score(y, score))
    recall, precision = precision_recall(y, score)
    steps = np.sum(np.diff(recall, prepend=0) * precision)
    assert steps == pytest.approx(reference.average_precision_score(y, score))


def test_calibration_bins_equal_scikit_learns() -> None:
    data = binary(500)
    observed, predicted = calibration_curve(data.target, data.scores["candidate"], n_bins=10, strategy="quantile")
    x, y, rows = calibration(data.target, data.scores["candidate"])
    assert x == pytest.approx(predicted, abs=0.01)
    assert y == pytest.approx(observed, abs=0.05)
    assert rows.sum() == 500


def test_equal_scores_make_one_calibration_bin() -> None:
    x, y, rows = calibration(np.array([0, 1, 1, 1]), np.full(4, 0.5))
    assert (x.tolist(), y.tolist(), rows.tolist()) == ([0.5], [0.75], [4])


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (binary(3000, champion=True), ["calibration.csv", "confusion.csv", "pr.csv", "roc.csv"]),
        (multiclass(), ["confusion.csv"]),
        (regression(), ["residuals.csv"]),
    ],
    ids=["binary", "multiclass", "regression"],
)
def test_every_curve_has_at_most_a_hundred_points_a_model(data: object, names: list[str]) -> None:
    drawn = plots(data)
    assert sorted(drawn) == names
    for points in drawn.values():
        counts = {model: sum(p.model == model for p in points) for model in {p.model for p in points}}
        assert "candidate" in counts
        assert max(counts.values()) <= 100


def test_thinning_keeps_both_ends_of_a_curve() -> None:
    points = [p for p in plots(binary(3000))["roc.csv"] if p.model == "candidate"]
    assert (points[0].x, points[0].y) == (0, 0)
    assert (points[-1].x, points[-1].y) == (1, 1)


def test_a_confusion_counts_every_row() -> None:
    points = plots(multiclass(600))["confusion.csv"]
    assert sum(p.count for p in points if p.model == "candidate") == 600


def test_a_model_that_is_not_a_number_is_not_drawn() -> None:
    data = binary(100)
    drawn = plots(with_scores(data, candidate=np.full(100, np.nan)))["roc.csv"]
    assert {point.model for point in drawn} == {"simple"}


def test_one_class_alone_has_no_curve() -> None:
    data = binary(100)
    assert plots(type(data)("binary", data.rows, np.zeros(100), data.scores, {}))["roc.csv"] == []


def test_points_are_spelled_for_dvc() -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv(plots(binary(50))["roc.csv"]))))
    assert rows[0] == {"model": "candidate", "x": "0", "y": "0", "count": "0"}
