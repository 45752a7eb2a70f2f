"""What pydantic says, once and with what to write; the golden texts have the sentences."""

from __future__ import annotations

import doctest
from typing import Any

import pytest

from mlops.configuration.load import parse_document
from mlops.configuration.pipeline import Pipeline
from mlops.configuration.reading import cure
from mlops.configuration.reading.parse import read
from tests.builders.quick_yaml import dump
from tests.unit.configuration.test_monitor import PIPELINE

RULE = (
    "at_least, at_most, better, by, correction, data, fairness, metric, mode, of, on_missing, over_champion, "
    "over_clean, over_dummy, over_simple, parameters, test, under"
)


def said(**keys: Any) -> list[tuple[str, str]]:
    written = PIPELINE | {"data": {**PIPELINE["data"], "target": "left"}} | keys
    _, found = parse_document(Pipeline, read("f.yaml", dump(written).encode()))
    return [(each.message, each.hint) for each in found]


def test_the_examples_hold() -> None:
    assert doctest.testmod(cure).failed == 0


def test_members_of_a_union_speak_once() -> None:
    choices = ("`window: fortnight` is not one of the choices", "one of: day, hour, month, week")
    assert said(monitor={"window": "fortnight"}) == [choices]
    rows = ("`rows: 1` is out of range", "write a value of at least 500")
    assert said(monitor={"window": {"rows": 1}}) == [rows]


def test_a_list_with_a_wrong_item_is_not_called_short_too() -> None:
    assert said(owners=[7]) == [("`owners[0]: 7` is not text", 'write it in quotes: "7"')]


@pytest.mark.parametrize(
    ("keys", "hint"),
    [
        ({"owners": "me"}, "write `owners: [me]`"),
        ({"owners": "@me, @you"}, 'write `owners: ["@me", "@you"]`'),
        ({"owners": None}, "write a list"),
        ({"owners": {"me": 1}}, "begin each of its items with `- `"),
        ({"description": ["Who leaves?"]}, "write it without brackets: Who leaves?"),
        ({"seed": "1.5"}, "write a whole number"),
        ({"seed": "30 days"}, "write a whole number alone, without its unit"),
        ({"seed": -1}, "write a value of at least 0"),
        ({"budget": {"minutes": 0}}, "write a value greater than 0"),
        (
            {"features": 7},
            "write a mapping of keys: categorical, datetime, drop, image, images, kind, numeric, select, text",
        ),
        (
            {"monitor": {"every": "day", "retrain": True}},
            "write a mapping of keys: cooldown_days, minimum_new_labels, when",
        ),
        ({"gates": {"metric": "auroc"}}, f"begin each of its items with `- `; keys of each: {RULE}"),
        ({"gates": "auroc"}, f"write a list, `gates: [{{...}}, ...]`; keys of each: {RULE}"),
        ({"gates": "auroc >= 0.9"}, "write `gates: [{metric: auroc, at_least: 0.9}]`"),
        ({"gates": [{"min": 0.9}]}, f"did you mean `at_least`? also there: {RULE.removeprefix('at_least, ')}"),
        (
            {"model": {"linear": {"l2": 1}}},
            "choose its file under `defaults:`, `- /model: [linear]`, or write `kind: linear` beside its keys",
        ),
        (
            {"model": {"lgbm": {}}},
            "write `kind: ...` beside its keys; did you mean `lightgbm`? also there: catboost, cnn, dlinear, "
            "gradient_boosting, keras, linear, mlp, nlinear, random_forest, realmlp, resnet, tabm, xgboost",
        ),
        ({"deploy": []}, "write a mapping with a name for each: `deploy: {NAME: ...}`"),
    ],
)
def test_what_to_write_is_said_with_the_value_itself(keys: dict[str, Any], hint: str) -> None:
    assert [given for _, given in said(**keys)] == [hint]


def test_a_value_that_may_be_a_secret_is_not_repeated() -> None:
    assert "AKIA" not in str(said(ci={"secrets": ["AKIAIOSFODNN7EXAMPLE"]}))
