"""Two runs held against each other say of a difference what a gate says of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mlops.blocks.bootstrap import Bootstrap
from mlops.files.canonical import rounded
from mlops.ml.evaluation.judging.evidence import gather
from mlops.ml.evaluation.judging.rule import Rule
from mlops.ml.evaluation.predictions import Predictions
from mlops.ml.evaluation.two_runs import differences, same_rows
from tests.builders.evaluations import binary, with_scores

METHOD = Bootstrap(samples=300)


def other(predictions: Predictions) -> Predictions:
    return with_scores(predictions, candidate=predictions.scores["champion"])


@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("metric", ["auroc", "log_loss"])
def test_the_interval_is_that_of_a_gate_against_the_champion(metric: str, grouped: bool) -> None:
    both = binary(rows=400, champion=True, grouped=grouped)
    (found,) = gather(both, [Rule("r", metric, "champion", at_least=0.0)], METHOD, grouped=grouped)
    first, second, moved = differences(other(both), both, [metric], METHOD)[metric]
    interval = found.interval
    assert (moved.value, moved.low, moved.high) == tuple(rounded([interval.value, interval.low, interval.high]))
    assert moved.value == pytest.approx((second.value or 0) - (first.value or 0), abs=1e-5)


def test_a_run_is_the_same_as_itself() -> None:
    run = binary(rows=200)
    (figures,) = differences(run, run, ["auroc"], METHOD).values()
    assert (figures[2].value, figures[2].low, figures[2].high) == (0, 0, 0)
    assert figures[0] == figures[1]


def test_other_rows_labels_or_classes_are_another_question() -> None:
    run = binary(rows=200)
    assert same_rows(run, other(binary(rows=200, champion=True)))
    assert not same_rows(run, run.take(np.arange(199)))
    assert not same_rows(run, replace(run, target=1 - run.target))
    assert not same_rows(run, replace(run, rows=run.rows + 1))
    assert not same_rows(run, replace(run, classes=("no", "yes")))
