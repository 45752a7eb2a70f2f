from __future__ import annotations

from dataclasses import replace
from typing import Any

import fairlearn.metrics
import numpy as np
import pytest
from fairlearn.metrics import MetricFrame
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import precision_score

from mlops.blocks.bootstrap import Bootstrap
from mlops.documents.gate import Rate
from mlops.gate_rules import FAIRNESS
from mlops.ml.evaluation.judging.evidence import gather
from mlops.ml.evaluation.judging.fairness import Labelled, rates, treatment
from mlops.ml.evaluation.judging.judge import Result, judge
from mlops.ml.evaluation.judging.rule import Rule
from mlops.ml.evaluation.predictions import Predictions

TAIL = 0.025
METHOD = Bootstrap(samples=200)


def people(sizes: dict[str, int], hit: Any = 0.7, alarm: Any = 0.2, base: float = 0.4, seed: int = 0) -> Labelled:
    """Decide about groups; rates are those of all groups, or by group."""
    random = np.random.default_rng(seed)
    group = np.repeat(np.array(list(sizes), dtype=object), list(sizes.values()))
    y = (random.random(len(group)) < base).astype(np.int64)
    rates = [rate if isinstance(rate, dict) else dict.fromkeys(sizes, rate) for rate in (hit, alarm)]
    chance = np.array([rates[0 if truth else 1][name] for truth, name in zip(y, group, strict=True)])
    return Labelled(y, (random.random(len(group)) < chance).astype(np.int64), group)


def judged(data: Labelled, **rule: Any) -> Result:
    score = data.decided * 0.8 + 0.1
    predictions = Predictions(
        "binary", np.arange(len(score)), data.y, {"candidate": score}, {"g": data.group}, groups=data.clusters
    )
    asked = Rule("r", of="g", **{"metric": "demographic_parity_ratio", "at_least": 0.8, **rule})
    return judge(gather(predictions, [asked], METHOD, grouped=data.clusters is not None), METHOD, 30)[0]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("measure", tuple(FAIRNESS))
def test_values_are_fairlearns(measure: str, seed: int) -> None:
    data = people({"a": 300, "b": 200, "c": 60}, alarm={"a": 0.2, "b": 0.3, "c": 0.25}, seed=seed)
    found = treatment(measure, data, 0.5, TAIL, 2).value
    reference = getattr(fairlearn.metrics, measure, None)
    if reference is not None:
        expected = reference(data.y, data.decided, sensitive_features=data.group)
    else:
        frame = MetricFrame(metrics=precision_score, y_true=data.y, y_pred=data.decided, sensitive_features=data.group)
        expected = frame.difference() if measure.endswith("difference") else frame.ratio()
    assert found == pytest.approx(expected, abs=1e-12)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), measure=st.sampled_from(tuple(FAIRNESS)), size=st.integers(40, 400))
def test_the_value_lies_in_its_interval_and_order_does_not_matter(seed: int, measure: str, size: int) -> None:
    data = people({"a": 400, "b": size}, seed=seed)
    found = treatment(measure, data, 0.5, TAIL, 2)
    assert found.low <= found.value <= found.high
    order = np.random.default_rng(seed).permutation(len(data.y))
    shuffled = Labelled(data.y[order], data.decided[order], data.group[order])
    assert treatment(measure, shuffled, 0.5, TAIL, 2).value == pytest.approx(found.value)


def test_equal_treatment_of_large_groups_passes() -> None:
    result = judged(people({"a": 3000, "b": 3000}))
    assert result.verdict == "pass"
    assert result.sentence == (
        "Demographic parity ratio of g is 0.964 [0.906, 1.000] (6,000 rows); at least 0.8 is required"
    )


def test_unequal_treatment_of_large_groups_fails() -> None:
    result = judged(people({"a": 3000, "b": 3000}, hit={"a": 0.8, "b": 0.45}))
    assert result.verdict == "fail"
    assert ", but at least 0.8 is required" in result.sentence


def test_a_small_group_is_inconclusive_and_says_how_many_rows_it_needs() -> None:
    result = judged(people({"a": 2000, "b": 20}))
    assert result.verdict == "inconclusive"
    assert result.sentence == (
        "Demographic parity ratio of g is not judged equal: b has 20 rows, needs at least 30 (about 30 rows of it)"
    )
    middling = judged(people({"a": 2000, "b": 60}))
    assert middling.verdict == "inconclusive"
    assert middling.rows_needed is None or middling.rows_needed > 60


def test_a_clear_wrong_is_seen_even_beside_a_small_group() -> None:
    data = people({"a": 3000, "b": 3000, "c": 10}, hit={"a": 0.9, "b": 0.3, "c": 0.6})
    assert judged(data).verdict == "fail"


def test_a_declared_group_without_rows_is_never_passed_over() -> None:
    data = people({"a": 3000, "b": 3000})
    result = judged(data, groups=("a", "b", "c"))
    assert (result.verdict, result.sentence) == (
        "inconclusive",
        "Demographic parity ratio of g is not judged equal: the data declares c, and no test row has it",
    )


def test_equal_uselessness_never_passes() -> None:
    # accuracy .782, balanced accuracy .500, parity gap 0: the majority's answer for everybody
    data = people({"a": 2000, "b": 2000}, base=0.218)
    constant = replace(data, decided=np.zeros_like(data.y))
    result = judged(constant, metric="demographic_parity_difference", at_least=None, at_most=0.1)
    assert (result.verdict, result.sentence) == (
        "fail",
        "Demographic parity difference of g cannot be measured: "
        "the candidate says the same of every row, which is equal and useless",
    )
    coin = people({"a": 2000, "b": 2000}, hit=0.5, alarm=0.5)
    assert judged(coin).sentence.endswith("its decisions are not shown to be better than a coin for all rows")
    for hit, alarm in ((0.34, 0.34), (0.0, 0.0), (1.0, 1.0)):
        minority = people({"a": 2000, "b": 2000}, hit={"a": 0.6, "b": hit}, alarm={"a": 0.16, "b": alarm})
        assert judged(minority).verdict != "pass"


def test_rows_of_one_person_count_less() -> None:
    once = people({"a": 400, "b": 400}, seed=3)
    people_of_five = Labelled(*(np.repeat(part, 5) for part in (once.y, once.decided, once.group)))
    grouped = replace(people_of_five, clusters=np.repeat(np.arange(800), 5))
    narrow, wide, single = (
        treatment("demographic_parity_difference", data, 0.1, TAIL, 2) for data in (people_of_five, grouped, once)
    )
    assert wide.high == pytest.approx(single.high, rel=0.02)
    assert narrow.high < wide.high


def test_a_rate_that_nobody_has_is_doubtful() -> None:
    data = people({"a": 500, "b": 500})
    nobody = replace(data, y=np.where(data.group == "b", 0, data.y))
    found = judged(nobody, metric="equal_opportunity_difference", at_least=None, at_most=0.1)
    assert (found.verdict, "b has no rows that are positive" in found.sentence) == ("inconclusive", True)


def test_one_group_has_no_other_to_be_compared_with() -> None:
    assert judged(people({"a": 500})).verdict == "fail"
    assert judged(people({"a": 500}), on_missing="inconclusive").verdict == "inconclusive"


def test_rates_of_groups_equal_those_of_fairlearn() -> None:
    random = np.random.default_rng(3)
    y, decided = random.integers(0, 2, 300), random.integers(0, 2, 300)
    group = np.where(random.random(300) < 0.3, "b", "a").astype(object)
    found = rates(Labelled(y, decided, group), 0.025)
    known = {
        "selection": fairlearn.metrics.selection_rate,
        "true positive": fairlearn.metrics.true_positive_rate,
        "false positive": fairlearn.metrics.false_positive_rate,
        "precision": precision_score,
    }
    frame = MetricFrame(metrics=known, y_true=y, y_pred=decided, sensitive_features=group).by_group
    for rate, groups in found.items():
        for each in groups:
            assert each.value == pytest.approx(frame.loc[each.group, rate])
            assert None not in (each.low, each.value, each.high)
            assert each.low < each.value < each.high  # type: ignore[operator]


def test_a_rate_that_nobody_can_have_is_unknown() -> None:
    found = rates(Labelled(np.array([1, 0]), np.array([1, 0]), np.array(["a", "b"], dtype=object)), 0.025)
    assert found["true positive"][1] == Rate(group="b", value=None, low=None, high=None, rows=0)
