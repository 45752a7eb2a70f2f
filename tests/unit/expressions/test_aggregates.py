"""Aggregates of expressions: how they are written, what they learn, and what a level has that training had not."""

from __future__ import annotations

import doctest
import math
import statistics
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.blocks import derived
from mlops.expressions import aggregates, levels
from mlops.expressions.aggregates import AGGREGATES, Learnt
from mlops.expressions.kinds import type_of
from mlops.expressions.parse import parse
from mlops.expressions.steps import computed, condition, learnt, step
from mlops.expressions.tree import Fault, columns
from mlops.expressions.values import Column, texts
from tests.conftest import ROOT

TYPES = {"x": "float", "n": "int", "plan": "category", "city": "string", "t": "bool", "day": "date", "note": "text"}
TRAIN: dict[str, Column] = {
    "x": np.array([1.0, 3.0, 5.0, np.nan, 8.0, 4.0]),
    "n": np.array([7.0, 7.0, 8.0, 8.0, np.nan, 9.0]),
    "plan": texts(["a", "a", "b", "b", None, "c"]),
    "t": np.array([1.0, 0.0, 1.0, np.nan, 0.0, 0.0]),
}
ASKED: dict[str, Column] = {
    "x": np.array([10.0, 10.0, 10.0, 10.0]),
    "n": np.array([7.0, 8.0, 9.0, np.nan]),
    "plan": texts(["a", "b", "gone", None]),
    "t": np.array([1.0, 1.0, 0.0, 0.0]),
}


def answers(expression: str, train: dict[str, Column] = TRAIN, asked: dict[str, Column] = ASKED) -> list[float | None]:
    made, _ = learnt([step("new", expression, TYPES)], train, len(train["x"]))  # type: ignore[arg-type]  # an array
    found = computed(made, asked, len(asked["x"]))["new"]  # type: ignore[arg-type]  # an array
    return [None if math.isnan(value) else value for value in found.tolist()]  # type: ignore[union-attr]  # numbers


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("mean(x, by=plan)", [2.0, 5.0, 4.2, 4.2]),
        ("mean(x)", [4.2] * 4),
        ("mean(x, by=[])", [4.2] * 4),
        ("x / mean(x, by = plan)", [5.0, 2.0, 10 / 4.2, 10 / 4.2]),
        ("median(x, by=plan)", [2.0, 5.0, 4.0, 4.0]),
        (
            "std(x, by=plan)",
            [math.sqrt(2), statistics.stdev([1, 3, 5, 8, 4]), *[statistics.stdev([1, 3, 5, 8, 4])] * 2],
        ),
        ("min(x, by=n)", [1.0, 5.0, 4.0, 1.0]),
        ("max(n, by=plan)", [7.0, 8.0, 9.0, 9.0]),
        ("sum(x, by=plan)", [4.0, 5.0, 0.0, 0.0]),
        ("count(by=plan)", [2.0, 2.0, 0.0, 0.0]),
        ("count(by=[plan, t])", [1.0, 1.0, 0.0, 0.0]),
        ("mean(t, by=plan)", [0.5, 1.0, 0.4, 0.4]),
        ("mean(log(x), by=n)", [math.log(3) / 2, math.log(5), math.log(4), math.log(480) / 5]),
        ("mean(x / 0, by=plan)", [None] * 4),
        ("count(by=plan) - count(by=n)", [0.0, 0.0, -1.0, 0.0]),
    ],
)
def test_what_is_learnt_and_looked_up(expression: str, values: list[float | None]) -> None:
    assert answers(expression) == pytest.approx(values)


@pytest.mark.parametrize(
    ("text", "message", "hint", "place"),
    [
        ("min(x)", "`min` takes 2 to 20 arguments, not 1", "write `min(a, b)`, or `min(x, by=plan)`", (0, 6)),
        ("mean(x, n, by=plan)", "`mean` takes a value and `by`", "write `mean(x, by=plan)`", (0, 19)),
        ("count()", "`count` takes `by` alone", "write `count(by=plan)`", (0, 7)),
        ("count(x, by=plan)", "`count` takes `by` alone", "write `count(by=plan)`", (0, 17)),
        ("mean(x, by=n + 1)", "`by` takes columns", "derive it as a column of its own, and name that", (11, 5)),
        (
            "mean(x - mean(x), by=plan)",
            "`mean` stands inside of `mean`",
            "derive the inner one as a column of its own",
            (9, 7),
        ),
        (
            "log(x, by=plan)",
            "`log` has no `by`",
            "of mean, median, std, min, max, sum, count there is a value by the levels of columns: `mean(x, by=plan)`",
            (0, 15),
        ),
        ("avg(x, by=plan)", "there is no function `avg`", "did you mean `mean`?", (0, 3)),
        (
            "mean(x, group=plan)",
            "`=` means nothing here",
            "`by=` alone is named, last in an aggregate, as in `mean(x, by=plan)`; `==` compares",
            (13, 1),
        ),
        (
            "mean(x by=plan)",
            "`by=` does not fit here",
            "`by=` stands last in an aggregate, as in `mean(x, by=plan)`; `==` compares",
            (7, 3),
        ),
        ("mean(x, by=plan", "`(` is not closed", "write `)` at the end", (4, 1)),
        ("avg(x)", "there is no function `avg`", "did you mean `mean`?", (0, 3)),
        (
            "mean(plan)",
            "`mean` takes numbers, and this is a text",
            "`number(...)` reads a number out of a text",
            (5, 4),
        ),
        (
            "mean(x, by=x)",
            "`mean` goes by columns of string, category, bool or int, and `x` is float",
            "derive whole numbers, as `floor(x / 10)`, or declare `type: int` where it holds no others",
            (11, 1),
        ),
        (
            "count(by=[plan, day])",
            "`count` goes by columns of string, category, bool or int, and `day` is date",
            "derive a part of it, as `month(date)`",
            (16, 3),
        ),
        (
            "count(by=note)",
            "`count` goes by columns of string, category, bool or int, and `note` is text",
            "derive it as a column of its own",
            (9, 4),
        ),
        ("count(by=plann)", "there is no column `plann`", "did you mean `plan`?", (9, 5)),
    ],
)
def test_what_is_none_is_told_in_its_place(text: str, message: str, hint: str, place: tuple[int, int]) -> None:
    with pytest.raises(Fault) as told:
        type_of(parse(text), TYPES)
    fault = told.value
    assert (fault.message, fault.hint, (fault.start, fault.length)) == (message, hint, place)


def test_a_condition_of_rows_is_asked_of_one_row() -> None:
    with pytest.raises(Fault) as told:
        condition("x > mean(x, by=plan)", TYPES)
    assert told.value.message == (
        "a condition is asked of one row, and `mean` is learnt of many, after rows were chosen"
    )
    assert told.value.hint == "compare columns of the row alone"


def test_the_columns_of_an_aggregate_are_read() -> None:
    assert [each.name for each in columns(parse("n + mean(x * n, by=[plan, `a b`])"))] == ["n", "x", "n", "plan", "a b"]


def test_a_column_may_be_called_as_an_aggregate_or_as_its_key_is() -> None:
    assert [each.name for each in columns(parse("mean(mean, by=by) + count == by"))] == ["mean", "by", "count", "by"]


ROWS = st.lists(
    st.tuples(
        st.none() | st.floats(-1e6, 1e6).map(lambda value: value + 0.0),
        st.none() | st.sampled_from(["a", "b", "São Paulo"]),
        st.none() | st.integers(-3, 3),
    ),
    min_size=1,
    max_size=30,
)


def plainly(name: str, known: list[float]) -> float | None:
    """Compute an aggregate of values as a textbook does."""
    if name in ("sum", "count"):
        return math.fsum(known) if name == "sum" else float(len(known))
    if len(known) < (2 if name == "std" else 1):
        return None
    made: dict[str, Any] = {"mean": statistics.fmean, "median": statistics.median, "std": statistics.stdev}
    return float((made | {"min": min, "max": max})[name](known))


@given(rows=ROWS, name=st.sampled_from(sorted(AGGREGATES)))
def test_a_level_has_what_a_textbook_computes_of_its_rows(rows: list[Any], name: str) -> None:
    x, plan, n = ([row[place] for row in rows] for place in range(3))
    given: dict[str, Column] = {
        "x": np.array(x, dtype=np.float64),
        "plan": texts(plan),
        "n": np.array(n, dtype=np.float64),
    }
    value = "" if name == "count" else "x, "
    found = answers(f"{name}({value}by=[plan, n])", given, given)
    counts = [1.0] * len(rows) if name == "count" else x
    everywhere = 0.0 if AGGREGATES[name].counts else plainly(name, [each for each in counts if each is not None])
    for row, answer in zip(rows, found, strict=True):
        alike = [one for one, other in zip(counts, rows, strict=True) if other[1:] == row[1:] and one is not None]
        expected = plainly(name, alike) if None not in row[1:] else None
        expected = everywhere if expected is None else expected
        assert answer == (None if expected is None else pytest.approx(expected, rel=1e-6, abs=1e-4))


def test_the_order_of_texts_changes_nothing() -> None:
    turned = texts(["c", "b", "a"])
    by_position = type(turned)(np.array([2, 2, 1, 1, -1, 0]), turned.values)
    assert levels.learn("mean", TRAIN["x"], by=[by_position], rows=6) == levels.learn(
        "mean", TRAIN["x"], by=[TRAIN["plan"]], rows=6
    )


def test_of_no_row_nothing_is_known() -> None:
    none = np.array([], dtype=np.float64)
    assert levels.learn("mean", none, by=[texts([])], rows=0) == Learnt(None, {})
    assert levels.looked_up(Learnt(None, {}), [texts([])], 0).tolist() == []


def test_the_page_lists_every_aggregate() -> None:
    page = (ROOT / "docs/howto/derive.md").read_text()
    assert [kind.example for kind in AGGREGATES.values() if f"| `{kind.example}` | {kind.says} |" not in page] == []


def test_examples_of_the_modules() -> None:
    for module in (aggregates, levels, derived):
        assert doctest.testmod(module).failed == 0
