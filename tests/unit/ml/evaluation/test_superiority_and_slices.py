"""What must be better is more than equal; what looks worse on one of many slices may be luck."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mlops.blocks.bootstrap import Bootstrap
from mlops.ml.evaluation.intervals.bootstrap import Interval
from mlops.ml.evaluation.judging.evidence import Evidence, gather
from mlops.ml.evaluation.judging.judge import Result, judge
from mlops.ml.evaluation.judging.rule import Rule
from mlops.ml.evaluation.predictions import Predictions
from tests.builders.evaluations import binary, with_scores

METHOD = Bootstrap(samples=400)


def difference(value: float, half: float, *, rows: int = 1000, name: str | None = None, **rule: Any) -> Evidence:
    asked = Rule("r", "accuracy", **{"against": "champion", "by": name and "site", **rule})
    draws = np.random.default_rng(0).normal(value, half / 1.96, 2000)
    interval = Interval(value, value - half, value + half)
    return Evidence(asked, slice=name, rows=rows, clusters=rows, interval=interval, draws=draws, other=0.8)


def said(*family: Evidence) -> list[tuple[str, str]]:
    return [(result.verdict, result.sentence) for result in judge(family, METHOD, 30)]


@pytest.mark.parametrize(("strict", "verdict"), [(True, "inconclusive"), (False, "pass")])
def test_an_interval_that_touches_the_bound_is_not_better(strict: bool, verdict: str) -> None:
    touching = difference(0.01, 0.01, at_least=0.0, strict=strict)
    assert said(touching)[0][0] == verdict


def test_better_is_said_as_more_than() -> None:
    (found,) = said(difference(0.05, 0.01, at_least=0.02, strict=True))
    assert found == (
        "pass",
        "Accuracy is 0.050 [0.040, 0.060] above the champion's 0.800 (1,000 rows); more than 0.02 above is required",
    )
    assert said(difference(-0.05, 0.01, at_least=0.0, strict=True)) == [
        ("fail", "Accuracy is 0.050 [0.040, 0.060] below the champion's 0.800 (1,000 rows), but it must be above")
    ]


def test_the_very_same_model_is_not_better_however_many_rows() -> None:
    data = with_scores(binary(3000, champion=True))
    data = with_scores(data, champion=data.scores["candidate"])
    rules = [Rule("a", "auroc", "champion", at_least=0.0, strict=True), Rule("b", "auroc", "champion", at_least=0.0)]
    rules.append(Rule("c", "accuracy", "champion", at_least=0.0, strict=True, test="mcnemar"))
    results = judge(gather(data, rules, METHOD, grouped=False), METHOD, 30)
    assert [result.verdict for result in results] == ["inconclusive", "pass", "inconclusive"]


def test_a_slice_that_looks_worse_among_many_is_in_doubt_and_a_single_rule_fails() -> None:
    lone = difference(-0.03, 0.028, at_least=0.0)
    assert said(lone)[0][0] == "fail"
    family = [replace(lone, slice=str(number), rule=replace(lone.rule, by="site")) for number in range(20)]
    found = said(*family)
    assert {verdict for verdict, _ in found} == {"inconclusive"}
    assert found[0][1] == (
        "Accuracy where site=0 is 0.030 [0.002, 0.058] below the champion's 0.800 (1,000 rows), "
        "but no lower is allowed: among that many slices it may be luck; about 2,100 rows would tell"
    )


def test_a_slice_that_is_surely_worse_fails_among_many() -> None:
    family = [difference(0.0, 0.02, name=str(number), at_least=-0.05) for number in range(20)]
    family[7] = difference(-0.2, 0.06, name="7", at_least=-0.05)
    found = said(*family)
    assert [number for number, (verdict, _) in enumerate(found) if verdict == "fail"] == [7]
    assert found[7][1] == (
        "Accuracy where site=7 is 0.200 [0.140, 0.260] below the champion's 0.800 (1,000 rows), "
        "but at most 0.05 below is allowed"
    )


@pytest.mark.parametrize("against", ["simple", "dummy"])
def test_a_slice_that_is_worse_than_a_baseline_fails_as_it_is(against: str) -> None:
    assert said(difference(-0.03, 0.05, name="a", against=against, at_least=0.0))[0][0] == "fail"


@pytest.mark.parametrize("relative", [False, True])
def test_two_models_without_an_error_on_few_rows_are_not_shown_to_be_equal(relative: bool) -> None:
    y = np.arange(30) % 2
    scores = {"candidate": 0.1 + 0.8 * y, "champion": 0.2 + 0.6 * y}
    data = Predictions("binary", np.arange(30), y, scores, {}, champion="sha256:" + "c" * 64)
    for bound, verdict in ((-0.02, "inconclusive"), (-0.2, "pass")):
        rule = Rule("r", "accuracy", "champion", at_least=bound, relative=relative)
        assert judge(gather(data, [rule], METHOD, grouped=False), METHOD, 30)[0].verdict == verdict


def beside_champion(random: np.random.Generator, gained: float, lost: float) -> Predictions:
    """A hundred slices of 60 rows, where one model is right and the other wrong with these chances."""
    kind = random.choice(4, 6000, p=[0.8, gained, lost, 0.2 - gained - lost])
    y = random.integers(0, 2, 6000)
    ours, theirs = (np.where(np.isin(kind, right), y, 1 - y) * 0.8 + 0.1 for right in ((0, 1), (0, 2)))
    sites = np.repeat(np.arange(100).astype(str).astype(object), 60)
    scores = {"candidate": ours, "champion": theirs}
    return Predictions("binary", np.arange(6000), y, scores, {"site": sites}, champion="sha256:" + "c" * 64)


def judged(data: Predictions, bound: float) -> list[Result]:
    rule = Rule("r", "accuracy", "champion", at_least=bound, by="site")
    return judge(gather(data, [rule], METHOD, grouped=False), METHOD, 30)


@pytest.mark.slow
@pytest.mark.parametrize(("gained", "lost", "bound"), [(0.06, 0.06, 0.0), (0.03, 0.09, -0.06)])
def test_of_a_hundred_slices_on_the_bound_none_is_told_by_luck(gained: float, lost: float, bound: float) -> None:
    for number in range(8):
        results = judged(beside_champion(np.random.default_rng(number), gained, lost), bound)
        assert any(result.evidence.interval.value < bound for result in results), "the test could not fail"
        assert {result.verdict for result in results} == {"inconclusive"}, number


def test_a_slice_where_nothing_differs_yet_shows_little() -> None:
    data = beside_champion(np.random.default_rng(0), 0.0, 0.0)
    data = with_scores(data, champion=np.clip(data.scores["champion"] + 0.01, 0, 1))
    assert {result.verdict for result in judged(data, -0.05)} == {"inconclusive"}
    assert {result.verdict for result in judged(with_scores(data, champion=data.scores["candidate"]), -0.05)} == {
        "pass"
    }
