"""Sampling weights: a row of weight 3 is three rows, and what all weights are multiplied by means nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops.blocks.bootstrap import Bootstrap
from mlops.errors import DataError
from mlops.metrics import METRICS
from mlops.metrics.weighting import weighted
from mlops.ml.evaluation import baselines
from mlops.ml.evaluation.intervals.bootstrap import draw
from mlops.ml.evaluation.intervals.influence import linearised
from mlops.ml.evaluation.intervals.resampling import Resampling
from mlops.ml.evaluation.judging.evidence import gather
from mlops.ml.evaluation.judging.fairness import Labelled, rates
from mlops.ml.evaluation.judging.judge import judge
from mlops.ml.evaluation.judging.rule import Rule
from mlops.ml.evaluation.metrics import statistic
from mlops.ml.evaluation.predictions import Predictions
from mlops.ml.evaluation.studies import costs, curves, residuals, threshold
from mlops.ml.evaluation.summary import summarise
from mlops.ml.evaluation.two_runs import same_rows
from mlops.operations.judging.agreement import differing
from mlops.statistics.weights import effective, shares, weighted_share
from tests.builders.evaluations import binary, multiclass, regression

TASKS = {"binary": binary(40), "multiclass": multiclass(40), "regression": regression(40)}
WORTH = np.array([[0.0, -1.0], [-5.0, 3.0]])
FEW = Bootstrap(samples=200)

copies = st.lists(st.integers(1, 4), min_size=40, max_size=40).map(lambda drawn: np.array(drawn, dtype=np.float64))


def prepared(name: str, data: Predictions) -> Any:
    worth = WORTH if METRICS[name].of == "worth" and data.task == "binary" else None
    return statistic(name, data.target, data.score, None, worth)


CASES = [(name, task) for name, metric in METRICS.items() for task in TASKS if task in metric.tasks]


@pytest.mark.parametrize(("name", "task"), CASES)
@settings(max_examples=8, deadline=None)
@given(by=copies)
def test_a_weight_of_three_is_three_rows_for_every_metric(name: str, task: str, by: np.ndarray[Any, Any]) -> None:
    data = TASKS[task]
    again = data.take(np.repeat(np.arange(len(data)), by.astype(int)))
    repeated = prepared(name, again)(np.ones((1, len(again))))
    assert weighted(prepared(name, data), by)(np.ones((1, len(data)))) == pytest.approx(repeated, nan_ok=True)


@pytest.mark.parametrize(("name", "task"), CASES)
@settings(max_examples=8, deadline=None)
@given(by=copies, factor=st.floats(1e-3, 1e3))
def test_a_factor_of_all_weights_changes_no_metric(
    name: str, task: str, by: np.ndarray[Any, Any], factor: float
) -> None:
    data, ones = TASKS[task], np.ones((1, 40))
    values = [weighted(prepared(name, data), each)(ones) for each in (by, by * factor)]
    assert values[0] == pytest.approx(values[1], nan_ok=True)


@pytest.mark.parametrize("name", ["auroc", "brier", "recall", "ece", "mse", "mae", "r2"])
@settings(max_examples=10, deadline=None)
@given(by=copies)
def test_contributions_of_weighted_rows_are_those_of_their_copies(name: str, by: np.ndarray[Any, Any]) -> None:
    data = TASKS["binary" if "binary" in METRICS[name].tasks else "regression"]
    copied = np.repeat(np.arange(len(data)), by.astype(int))
    each = prepared(name, data.take(copied)).influence()
    expected = np.bincount(copied, weights=each)
    assert weighted(prepared(name, data), by).influence() == pytest.approx(expected, rel=1e-4, abs=1e-9)


def test_without_weights_a_statistic_stays_the_very_same() -> None:
    apply = prepared("auroc", TASKS["binary"])
    assert weighted(apply, None) is apply


def test_both_ways_to_an_interval_know_weights() -> None:
    data = binary(4000)
    by = np.random.default_rng(1).lognormal(0, 0.8, len(data))
    apply = weighted(statistic("auroc", data.target, data.score), by)
    resampling, rows = Resampling.of(len(data), None, 800, 0), np.arange(len(data))
    drawn = draw({"a": (apply, rows)}, resampling)["a"]
    linear = linearised({"a": (apply, rows)}, resampling)["a"]
    assert linear.mean() == pytest.approx(drawn.mean(), abs=1e-3)
    assert linear.std() == pytest.approx(drawn.std(), rel=0.12)
    alike = draw({"a": (statistic("auroc", data.target, data.score), rows)}, resampling)["a"]
    assert drawn.std() > 1.15 * alike.std()


def test_rows_count_as_many_as_are_worth_as_much() -> None:
    by = np.array([1.0, 1.0, 1.0, 9.0])
    assert effective(by, 4) == pytest.approx(144 / 84)
    assert effective(by * 1e5, 4) == pytest.approx(effective(by, 4))
    assert shares(by).mean() == pytest.approx(1)
    assert weighted_share(np.array([1.0, 1.0, 1.0, 1.0]), by, np.arange(4)).rows == pytest.approx(144 / 84)


def heavy(rows: int = 200) -> Predictions:
    """Rows of which one in ten stands for fifty others."""
    found = binary(rows)
    return replace(found, weights=shares(np.where(np.arange(rows) % 10 == 0, 50.0, 1.0)))


def test_a_minimum_of_rows_is_asked_of_the_effective_number() -> None:
    data = heavy()
    assert (len(data), data.size()) == (200, 27)
    rule = Rule(id="a", metric="accuracy", at_least=0.5)
    found = judge(gather(data, [rule], FEW, 30, grouped=False), FEW, 30)[0]
    assert found.verdict == "inconclusive"
    assert (found.evidence.rows, found.rows_needed) == (27, 30)
    assert judge(gather(replace(data, weights=None), [rule], FEW, 30, grouped=False), FEW, 30)[0].verdict == "pass"


def test_mcnemar_is_refused_of_weighted_rows() -> None:
    rule = Rule(id="a", metric="accuracy", against="simple", at_least=0.0, test="mcnemar")
    found = gather(heavy(), [rule], FEW, grouped=False)[0]
    assert found.problem == "McNemar's test takes all rows to count alike, and these have weights"


def test_rates_of_groups_are_weighted() -> None:
    y, decided = np.array([1, 1, 1, 1] * 10), np.array([1, 0, 0, 0] * 10)
    group, by = np.array(["a"] * 40, dtype=object), np.array([3.0, 1.0, 1.0, 1.0] * 10)
    found = rates(Labelled(y, decided, group, None, by), 0.025)["true positive"][0]
    assert (found.value, found.rows) == (pytest.approx(0.5), int(effective(by, 40)))


def test_every_part_of_a_report_is_that_of_the_copies() -> None:
    by = np.random.default_rng(3).integers(1, 4, 300).astype(np.float64)
    one = replace(binary(300), weights=by)
    copied = np.repeat(np.arange(300), by.astype(int))
    more = replace(one, weights=None).take(copied)
    found, expected = (summarise(each, ["auroc", "log_loss"], ["site"], FEW) for each in (one, more))
    for model, table in expected.models.items():
        for metric, figure in table.items():
            assert found.models[model][metric].value == pytest.approx(figure.value, nan_ok=True)
    for ours, theirs in zip(found.slices, expected.slices, strict=True):
        assert ours.metrics["log_loss"].value == pytest.approx(theirs.metrics["log_loss"].value)
    assert found.reliability is not None
    assert expected.reliability is not None
    assert found.reliability.ece == pytest.approx(expected.reliability.ece)
    assert found.reliability.brier.score == pytest.approx(expected.reliability.brier.score)
    slopes = [each.reliability.slope for each in (found, expected) if each.reliability]
    assert slopes[0].value == pytest.approx(slopes[1].value)
    for trace in (curves.roc, curves.precision_recall):
        for ours, theirs in zip(trace(one.target, one.score, by), trace(more.target, more.score), strict=True):
            assert ours == pytest.approx(theirs)


def test_errors_of_segments_are_weighted() -> None:
    data = regression(100)
    by = np.where(data.target > data.score, 3.0, 1.0)
    plain, counted = (residuals.segments(each, (), 0.95) for each in (data, replace(data, weights=by)))
    assert plain is not None
    assert counted is not None
    assert all(ours.bias > theirs.bias for ours, theirs in zip(counted, plain, strict=True))


def test_a_threshold_is_chosen_by_weighted_rows() -> None:
    data, by = binary(300), np.random.default_rng(3).integers(1, 4, 300).astype(np.float64)
    copied = np.repeat(np.arange(300), by.astype(int))
    assert threshold.choose(data.target, data.score, WORTH, by).threshold == pytest.approx(
        threshold.choose(data.target[copied], data.score[copied], WORTH).threshold
    )
    chosen = (data.score > 0.5).astype(np.int64)
    assert costs.break_even(data.target, chosen, WORTH, by) == costs.break_even(
        data.target[copied], chosen[copied], WORTH
    )


def test_baselines_learn_from_weighted_rows() -> None:
    y, by = np.array([0, 0, 1, 1]), np.array([1.0, 1.0, 1.0, 5.0])
    assert baselines.dummy("binary", y, 2, 1, by)[0] == pytest.approx(0.75)
    assert baselines.dummy("regression", y.astype(np.float32), 0, 1, by)[0] == pytest.approx(0.75)
    x = np.random.default_rng(0).normal(size=(60, 2))
    target, counts = x[:, 0] + 0.1, np.tile([1.0, 3.0], 30)
    copied = np.repeat(np.arange(60), counts.astype(int))
    ours, theirs = (
        baselines.simple("regression", x, target, 0, x, counts),
        baselines.simple("regression", x[copied], target[copied], 0, x),
    )
    assert ours == pytest.approx(theirs, rel=1e-6)


def test_weights_travel_in_the_table_of_predictions_and_are_held_against_it(tmp_path: Path) -> None:
    data = heavy()
    data.write(tmp_path / "p.parquet")
    again = Predictions.read(tmp_path / "p.parquet")
    assert again.weights is not None
    assert again.weights.tolist() == data.weights.tolist()  # type: ignore[union-attr]
    assert again.take(np.arange(3)).weights.tolist() == data.weights[:3].tolist()  # type: ignore[union-attr,index]
    assert list(differing(data, again)) == []
    assert list(differing(data, replace(again, weights=again.weights * 2))) == [
        "the weight of 200 of 200 rows is another"
    ]
    assert list(differing(data, replace(again, weights=None))) == ["the weight of 200 of 200 rows is another"]
    replace(data, weights=np.where(data.rows < 2, 0.0, 1.0)).write(tmp_path / "q.parquet")
    with pytest.raises(DataError) as error:
        Predictions.read(tmp_path / "q.parquet")
    assert error.value.message == "q.parquet is not whole: it lost 2 values of weight"


def test_baselines_of_a_quantile_answer_that_quantile() -> None:
    y, by = np.arange(1.0, 5.0), np.array([1.0, 1.0, 1.0, 7.0])
    assert baselines.dummy("regression", y, 0, 2, None, 0.5).tolist() == [2.0, 2.0]
    assert baselines.dummy("regression", y, 0, 1, by, 0.5).tolist() == [4.0]
    draw = np.random.default_rng(0)
    x = draw.normal(size=(2000, 1))
    target = x[:, 0] + draw.normal(size=2000)
    answer = baselines.simple("regression", x, target, 0, x, None, 0.9)
    assert (target <= answer).mean() == pytest.approx(0.9, abs=0.01)


def test_rows_that_weigh_otherwise_are_not_the_same_question() -> None:
    data = heavy()
    assert same_rows(data, heavy())
    assert not same_rows(data, replace(data, weights=None))
    assert not same_rows(data, replace(data, weights=data.weights[::-1]))  # type: ignore[index]
