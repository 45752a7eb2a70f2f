from __future__ import annotations

import doctest
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops.blocks.bootstrap import Bootstrap
from mlops.documents.figures import Figure
from mlops.metrics import METRICS, metrics_for
from mlops.ml.evaluation.intervals import limits
from mlops.ml.evaluation.intervals.bootstrap import Interval
from mlops.ml.evaluation.intervals.limits import Limits
from mlops.ml.evaluation.judging.evidence import gather
from mlops.ml.evaluation.judging.rule import Rule
from mlops.ml.evaluation.predictions import Predictions
from mlops.ml.evaluation.summary import summarise

UNIT = st.floats(0, 1)
METHOD = Bootstrap(samples=200)


def percentiles(value: float, draws: list[float]) -> Interval:
    low, high = np.quantile(draws, 0.025, method="lower"), np.quantile(draws, 0.975, method="higher")
    return Interval(value, float(low), float(high))


@given(UNIT, st.lists(st.floats(-0.5, 1.5), min_size=1, max_size=50))
def test_an_interval_holds_its_value_and_leaves_no_range(value: float, draws: list[float]) -> None:
    found = Interval.of(value, np.array(draws), 0.95, Limits(0.0, 1.0))
    assert 0 <= found.low <= value <= found.high <= 1
    plain = percentiles(value, draws)
    if 0 <= plain.low <= value <= plain.high <= 1:
        assert found == plain, "what was an interval stays as it is"
    clipped = plain.within(Limits(0.0, 1.0))
    assert found.low <= clipped.low, "it only grows within the range"
    assert found.high >= clipped.high


def test_of_biased_resamples_it_reaches_as_far_to_the_other_side() -> None:
    draws = np.linspace(0.0168531, 0.0454944, 401)
    found = Interval.of(0.0115771, draws, 1 - 1e-9, Limits(0.0, 1.0))
    assert (found.low, found.high) == (0.0, 0.0454944)
    assert Interval.of(0.04, draws + 0.03, 1 - 1e-9).low == pytest.approx(2 * 0.04 - 0.0754944)


BIASED = Limits(0.0, 1.0, biased=True)


@given(UNIT, st.lists(UNIT, min_size=1, max_size=50))
def test_of_a_biased_metric_it_only_reaches_lower(value: float, draws: list[float]) -> None:
    found = Interval.of(value, np.array(draws), 0.95, BIASED)
    plain = percentiles(value, draws)
    assert found.low <= plain.low
    assert found.high == max(plain.high, value)
    assert 0 <= found.low <= value <= found.high <= 1


def test_what_may_be_noise_alone_begins_at_nought_and_what_is_no_noise_does_not() -> None:
    spread = np.linspace(-1, 1, 401)
    noise = Interval.of(0.0275, 0.039 + 0.012 * spread, 0.95, BIASED)  # twice the square: nothing but noise
    assert (noise.low, noise.high) == (0.0, pytest.approx(0.0504, abs=1e-4))
    large = Interval.of(0.0874, 0.09 + 0.024 * spread, 0.95, BIASED)
    assert large.low == pytest.approx(0.0566, abs=1e-4)


def test_an_unknown_end_stays_unknown() -> None:
    draws = np.concatenate([np.full(90, 0.5), np.full(10, math.nan)])
    assert Interval.of(0.5, draws, 0.95, Limits(0.0, 1.0)) == Interval(0.5, -math.inf, math.inf)


@pytest.mark.slow
@settings(max_examples=20)
@given(st.integers(0, 10_000), st.integers(2, 12), st.floats(0.2, 4))
def test_whatever_is_measured_of_few_people_is_an_interval(seed: int, people: int, strength: float) -> None:
    random = np.random.default_rng(seed)
    y = np.repeat(random.integers(0, 2, people), 3)
    scores = {name: 1 / (1 + np.exp(random.normal(strength * (0.5 - y)))) for name in ("candidate", "simple")}
    data = Predictions("binary", np.arange(len(y)), y, scores, {}, groups=np.repeat(np.arange(people), 3))
    report = summarise(data, metrics_for("binary"), (), METHOD)
    for name, figure in report.candidate.items():
        legal(figure, Limits(METRICS[name].low, METRICS[name].high))
    rules = [
        Rule(name, name, against, at_least=0.0) for name in ("auroc", "brier", "ece") for against in ("value", "simple")
    ]
    for item in gather(data, rules, METHOD, grouped=True):
        apart = limits.of_difference(item.rule.metric)
        found = item.interval
        legal(Figure(value=found.value, low=found.low, high=found.high), apart)


def legal(figure: Figure, possible: Limits) -> None:
    value, low, high = figure.value, figure.low, figure.high
    if value is None or not math.isfinite(value):
        return
    if low is not None and math.isfinite(low):
        assert possible.low <= low <= value + 1e-9
    if high is not None and math.isfinite(high):
        assert value - 1e-9 <= high <= possible.high


def test_the_examples_hold() -> None:
    assert doctest.testmod(limits).failed == 0
