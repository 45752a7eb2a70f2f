"""As it was the last time: what every model of rows in time is held to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.blocks.bootstrap import Bootstrap
from mlops.ml.evaluation.judging.better_baseline import against_the_better
from mlops.ml.evaluation.judging.evidence import gather
from mlops.ml.evaluation.judging.rule import Rule
from mlops.ml.evaluation.persistence import as_last_time
from mlops.ml.evaluation.predictions import Predictions


def learnt(rows: int, of: int) -> Any:
    return np.arange(of) < rows


def test_a_number_is_as_the_mean_of_the_last_time() -> None:
    times, y = pl.Series([3, 1, 1, 2]), np.array([9.0, 2.0, 4.0, 7.0])
    assert as_last_time("regression", times, None, y, learnt(4, 4), 0).tolist() == [7.0, 5.5, 5.5, 3.0]


def test_each_thing_has_a_past_of_its_own() -> None:
    times, things = pl.Series([1, 1, 2, 2, 3]), pl.Series(["a", "b", "a", "b", "c"])
    y = np.array([1.0, 10.0, 2.0, 20.0, 5.0])
    assert as_last_time("regression", times, things, y, learnt(2, 5), 0).tolist() == [5.5, 5.5, 1.0, 10.0, 5.5]


def test_classes_are_told_by_what_followed_the_last_one_in_train() -> None:
    y = np.array([0, 0, 0, 1, 1, 1, 0, 1])
    scores = as_last_time("binary", pl.Series(range(8)), None, y, learnt(6, 8), 2)
    shares = 0.5  # of train
    assert scores[0] == shares
    after_0, after_1 = (1 + shares) / 4, (2 + shares) / 3
    assert scores.tolist() == pytest.approx([shares, after_0, after_0, after_0, after_1, after_1, after_1, after_0])


@given(st.lists(st.integers(0, 2), min_size=4, max_size=40), st.randoms())
def test_several_classes_share_out_one_and_the_order_of_rows_is_no_matter(classes: list[int], chance: Any) -> None:
    y, times = np.array([0, 1, 2, *classes]), np.arange(len(classes) + 3) // 2
    scores = as_last_time("multiclass", pl.Series(times), None, y, learnt(4, len(y)), 3)
    assert np.allclose(scores.sum(axis=1), 1)
    order = np.array(chance.sample(range(len(y)), len(y)))
    again = as_last_time("multiclass", pl.Series(times[order]), None, y[order], learnt(4, len(y))[order], 3)
    assert np.array_equal(again, scores[order])


def predictions(persistence: float) -> Predictions:
    """A candidate that is right in 80 of 100 rows, a dummy in half of them, persistence in a share of them."""
    y = np.tile([0, 1], 50)

    def right(share: float) -> Any:
        wrong = np.arange(100) >= round(100 * share)
        return np.where(wrong, 1 - y, y).astype(float)

    scores = {"candidate": right(0.8), "dummy": np.full(100, 0.4), "simple": right(0.7)}
    return Predictions("binary", np.arange(100), y, scores | {"persistence": right(persistence)}, {})


@pytest.mark.parametrize(
    ("share", "against", "asked"),
    [
        (0.9, "dummy", "persistence"),
        (0.9, "simple", "persistence"),
        (0.6, "simple", "simple"),
        (0.6, "value", "value"),
    ],
)
def test_a_rule_over_a_baseline_means_the_better_one(share: float, against: Any, asked: str) -> None:
    rule = Rule("r", "accuracy", against, at_least=-0.1 if against == "dummy" else 0.05)
    found = against_the_better(predictions(share), rule)
    assert found.against == asked
    if against == "dummy":
        assert (found.at_least, found.is_strict) == (0.0, True)


@pytest.mark.parametrize(("ets", "theta", "asked"), [(0.95, 0.9, "ets"), (0.5, 0.99, "theta"), (0.5, 0.6, "simple")])
def test_the_best_of_all_that_know_the_past_is_meant(ets: float, theta: float, asked: str) -> None:
    whole = predictions(0.6)
    more = {"ets": predictions(ets).scores["persistence"], "theta": predictions(theta).scores["persistence"]}
    found = against_the_better(replace(whole, scores={**whole.scores, **more}), Rule("r", "accuracy", "simple", 0.05))
    assert found.against == asked


def test_a_method_without_a_value_is_no_better_than_any() -> None:
    whole = predictions(0.6)
    unknown = replace(whole, scores={**whole.scores, "ets": np.full(100, np.nan)})
    assert against_the_better(unknown, Rule("r", "log_loss", "simple", at_most=0.0)).against != "ets"


def test_a_metric_that_is_good_when_low_is_compared_so() -> None:
    rule = Rule("r", "log_loss", "dummy", at_most=0.0)
    assert against_the_better(predictions(0.9), rule).against == "dummy"
    softer = predictions(0.9)
    softer = replace(softer, scores={**softer.scores, "persistence": np.clip(softer.scores["persistence"], 0.1, 0.9)})
    assert against_the_better(softer, rule).against == "persistence"


def test_a_classifier_below_persistence_does_not_pass_for_being_above_a_dummy() -> None:
    rule = Rule("r", "accuracy", "dummy", at_least=0.05)
    (found,) = gather(predictions(0.9), [rule], Bootstrap(samples=200), grouped=False)
    assert found.interval.value == pytest.approx(-0.1)
    assert found.rule.id == "r"
