import math

import polars as pl
import pytest

from mlops.documents.document import said
from mlops.ml.data import types
from mlops.ml.data.target import normalised, settle


def target(values, task, positive=None):
    settled = types.settle(pl.Series("y", values))
    column, found = normalised(settled.values, settled.type, task)
    return settle(column, found, task, positive)


@pytest.mark.parametrize(
    ("values", "positive", "classes"),
    [
        ([0, 1] * 5, None, (0, 1)),
        ([0, 1] * 5, 0, (1, 0)),
        ([0.0, 1.0] * 5, 1, (0, 1)),
        (["stay", "left"] * 5, None, ("left", "stay")),
        (["stay", "left"] * 5, "left", ("stay", "left")),
        (["yes", "no"] * 5, "no", (True, False)),
        ([True, False] * 5, True, (False, True)),
        (["1", "2"] * 5, "1", (2, 1)),
    ],
)
def test_the_positive_class_stands_last(values, positive, classes):
    found, problems = target(values, "binary", positive)
    assert not problems
    assert found.classes == classes
    assert found.positive == classes[-1]


@pytest.mark.parametrize(
    ("values", "task", "positive", "message"),
    [
        ([1, 2, 3] * 5, "binary", None, "`y` has 3 classes; a binary task has 2"),
        ([1, 2] * 5, "binary", 3, "`positive: 3` is not a class of `y`: it has `1` and `2`"),
        ([1] * 5, "multiclass", None, "`y` has 1 class; there is nothing to tell apart"),
        ([1.5, 2.5] * 5, "multiclass", None, "`y` has fractional values, which are not classes; is this a regression?"),
        (list(range(30)), "multiclass", None, "`y` has 30 classes in 30 rows; too many to learn"),
        (["a", "b"] * 5, "regression", None, "`y` is of type category; regression learns numbers"),
        ([2.0] * 5, "regression", None, "`y` has the same value in every row"),
    ],
)
def test_a_target_that_cannot_be_learnt_says_why(values, task, positive, message):
    found, problems = target(values, task, positive)
    assert found is None
    assert [(check.name, check.message) for check in problems] == [("target", message)]


def test_whole_numbers_are_learnt_as_floats_in_a_regression():
    found, _ = target([1, 2, 3], "regression")
    assert found.type == "float"


def test_classes_are_counted():
    found, _ = target(["a", "b", "b"] * 2, "multiclass")
    assert said(found.balance(pl.Series(["a", "b", "b"]))) == {
        "rows": 3,
        "classes": [{"label": "a", "rows": 1}, {"label": "b", "rows": 2}],
    }


@pytest.mark.parametrize(
    "values", [[1.7e9, 1.7e9 + 100, 1.7e9 + 200], [0.1, 0.2, math.inf], [1e300, -1e300], [1e-9, 2e-9, 3e-9]]
)
def test_no_target_of_a_regression_is_doubted(values: list[float]) -> None:
    assert settle(pl.Series("t", values), "float", "regression", None)[1] == []
