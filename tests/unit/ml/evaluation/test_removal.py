"""Whatever is taken away from a verdict, it gets no better."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops.blocks.bootstrap import Bootstrap
from mlops.ml.evaluation.judging.evidence import gather
from mlops.ml.evaluation.judging.judge import judge
from mlops.ml.evaluation.judging.rule import Rule
from mlops.ml.evaluation.predictions import Predictions
from mlops.verdict import verdict
from tests.builders.evaluations import binary, with_scores, without

METHOD = Bootstrap(samples=200)
RANK = {"fail": 0, "inconclusive": 1, "pass": 2}
GROUPS = ("a", "b")
RULES = (
    Rule("value", "auroc", at_least=0.8),
    Rule("relative", "log_loss", "champion", at_most=0.05, relative=True),
    Rule("paired", "accuracy", "champion", at_least=-0.05, test="mcnemar"),
    Rule("paired dummy", "accuracy", "dummy", at_least=0.0, test="mcnemar"),
    Rule("simple", "brier", "simple", at_most=0.0),
    Rule("sites", "auroc", at_least=0.6, by="site", groups=GROUPS, correction="benjamini_hochberg"),
    Rule("parity", "demographic_parity_difference", at_most=0.25, of="site", groups=GROUPS),
    Rule("odds", "equalized_odds_difference", at_most=0.3, of="site", groups=GROUPS),
)
MODELS = ("candidate", "champion", "dummy", "simple")
PARTS = (*MODELS, *(f"a number of {model}" for model in MODELS), "slices", "group a", "group b", "rows")


@cache
def whole() -> Predictions:
    data = binary(3000, champion=True)
    return replace(data, slices={"site": np.where(np.arange(3000) % 3 == 0, "b", "a").astype(object)})


def keep(data: Predictions, rows: Any) -> Predictions:
    return data.take(np.arange(len(data))[rows])


def taken(data: Predictions, part: str) -> Predictions:
    """Take one input away."""
    model = part.removeprefix("a number of ")
    if part in MODELS:
        return without(data, part)
    if model in data.scores and part != model:
        return with_scores(data, **{model: np.where(np.arange(len(data)) == 7, math.nan, data.scores[model])})
    if part == "slices":
        return replace(data, slices={})
    if part.startswith("group") and data.slices:
        return keep(data, data.slices["site"] != part[-1])
    return keep(data, slice(0, 0)) if part == "rows" else data


def ranks(data: Predictions) -> tuple[int, dict[str, int]]:
    results = judge(gather(data, RULES, METHOD, grouped=False), METHOD, 30)
    worst: dict[str, int] = {}
    for result in results:
        rule = result.evidence.rule.id
        worst[rule] = min(worst.get(rule, 2), RANK[result.verdict])
    return RANK[verdict(each.record() for each in results)], worst


@cache
def before() -> tuple[int, dict[str, int]]:
    return ranks(whole())


def test_the_whole_passes() -> None:
    assert before() == (2, dict.fromkeys([rule.id for rule in RULES], 2))


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(PARTS), min_size=1, max_size=4, unique=True))
def test_taking_anything_away_only_lowers_a_verdict(parts: list[str]) -> None:
    data = whole()
    for part in parts:
        data = taken(data, part)
    after, by_rule = ranks(data)
    assert after <= before()[0]
    assert set(by_rule) == set(before()[1]), "a rule fell silent"
    assert after < 2


@pytest.mark.parametrize("name", ["a", "b"])
def test_a_group_that_is_gone_is_noticed_by_every_rule_about_groups(name: str) -> None:
    _, by_rule = ranks(taken(whole(), f"group {name}"))
    assert all(by_rule[rule] < 2 for rule in ("sites", "parity", "odds"))
