"""Other rows to be judged on, or rows that count otherwise, are told like a gate that was loosened."""

from typing import Any

import pytest

from mlops.operations.verdicts.judged_rows import moved

TEST = {"kind": "csv", "path": "data/judged.csv"}


def said(stage: str, old: dict[str, Any], new: dict[str, Any], *changed: str) -> tuple[str, ...]:
    return moved({stage: old}, {stage: new}, changed)


@pytest.mark.parametrize(
    ("stage", "old", "new", "sentence"),
    [
        ("validate", {}, {"weight": "w"}, "rows count by `w` in every figure, and not alike"),
        ("validate", {"weight": "w"}, {}, "rows count alike in every figure, and not by `w`"),
        ("validate", {"weight": "w"}, {"weight": "v"}, "rows count by `v` in every figure, and not by `w`"),
        (
            "validate",
            {},
            {"where": {"keep": "age >= 18"}},
            "a model is judged on rows with `age >= 18`, and not on all rows",
        ),
        (
            "validate",
            {"where": {"keep": "age >= 18", "outside": "warn"}},
            {"where": {"keep": "age >= 21"}},
            "a model is judged on rows with `age >= 21`, and not on rows with `age >= 18`",
        ),
        ("validate", {"target": "a"}, {"target": "b"}, "what is judged is `b`, and not `a`"),
        ("validate", {"positive": "yes"}, {"positive": "no"}, "what counts as positive was changed from yes to no"),
        ("validate", {}, {"drop_null_target": True}, "rows without a target are left out"),
        (
            "validate",
            {"target": "y", "derive": {"y": "paid > 10"}},
            {"target": "y", "derive": {"y": "paid > 20"}},
            "the target is computed otherwise: `y` is `paid > 20`, and was `paid > 10`",
        ),
        (
            "validate",
            {"target": "y", "derive": {"y": "total > 1", "total": "a + b"}},
            {"target": "y", "derive": {"y": "total > 1", "total": "a - b"}},
            "the target is computed otherwise: `total` is `a - b`, and was `a + b`",
        ),
        (
            "validate",
            {"target": "y", "derive": {"y": {"from": "paid", "rule": "greater_than", "value": 0}}},
            {"target": "y"},
            "the target is computed otherwise: `y` is a column of the data, and was `greater_than of paid 0`",
        ),
        ("split", {"seed": 0}, {"seed": 1}, "other rows are judged on: `split.seed` was changed from 0 to 1"),
        (
            "split",
            {"fractions": {"train": 0.6, "test": 0.4}},
            {"fractions": {"train": 0.9, "test": 0.1}},
            "other rows are judged on: `split.fractions` was changed from train 0.6, test 0.4 to train 0.9, test 0.1",
        ),
        (
            "split",
            {"by": "group", "key": "who"},
            {"by": "group", "key": "visit"},
            "other rows are judged on: `split.key` was changed from who to visit",
        ),
        ("ingest", {}, {"test": TEST}, "what is judged on is the test set data/judged.csv, and not a part of the data"),
        ("ingest", {"test": TEST}, {}, "what is judged on is a part of the data, and not the test set data/judged.csv"),
        (
            "ingest",
            {"test": TEST},
            {"test": {**TEST, "nulls": ["?"]}},
            "the test set data/judged.csv is read otherwise",
        ),
    ],
)
def test_each_change_of_what_is_judged_is_one_sentence(stage, old, new, sentence):
    assert said(stage, old, new) == (sentence,)
    assert said(stage, new, new) == ()


def test_other_bytes_of_the_test_set_are_told_and_those_of_other_rows_are_not():
    assert said("ingest", {"test": TEST}, {"test": TEST}, "data/judged.csv") == (
        "the test set data/judged.csv is another file",
    )
    assert said("ingest", {"test": TEST}, {"test": TEST}, "data/rows.csv") == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"validate": {"derive": {"bmi": "a / b"}, "target": "y"}}, {"validate": {"target": "y"}}),
        ({"split": {"by": "random", "folds": None}}, {"split": {"by": "random"}}),
        ({}, {"validate": {"weight": "w"}}),
        ({"validate": "damaged"}, {"validate": {"weight": "w"}}),
    ],
)
def test_what_does_not_move_the_judged_rows_is_not_told(old, new):
    assert moved(old, new) == ()
