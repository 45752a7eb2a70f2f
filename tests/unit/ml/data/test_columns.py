import polars as pl
import pytest

from mlops.blocks.column_rule import ColumnRule
from mlops.documents.document import said
from mlops.ml.data import columns

ROWS = 100


def identifiers(name, values):
    frame = pl.DataFrame({"__row__": range(len(values)), name: values})
    typed, settled, _ = columns.settle(frame, {}, {})
    found = columns.identifiers(typed, [name], {name: settled[name].type}, columns.distincts(typed))
    return [check.message for check in found]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("name", [f"person {i}" for i in range(ROWS)]),
        ("customer_id", [i * 7 % 1009 for i in range(ROWS)]),
        ("PassengerId", [i * 7 % 1009 for i in range(ROWS)]),
        ("unnamed_1", [i * 7 % 1009 for i in range(ROWS)]),
        ("position", list(range(5, 5 + ROWS))),
    ],
)
def test_what_names_a_row_is_a_key(name, values):
    assert identifiers(name, values) == [
        f"`{name}` has another value in nearly every row; it is kept as a key, not learnt from"
    ]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("income", [i * 7 % 1009 for i in range(ROWS)]),
        ("customer_id", [i // 2 for i in range(ROWS)]),
        ("valid", [float(i) for i in range(ROWS)]),
        ("city", ["Bonn", "Rome"] * (ROWS // 2)),
        ("id", list(range(10))),
    ],
)
def test_what_describes_a_row_is_no_key(name, values):
    assert identifiers(name, values) == []


def test_a_column_without_any_value_is_a_key():
    assert identifiers("x", [None] * 10) == ["`x` has no value at all; it is kept as a key, not learnt from"]


def test_constants_are_pointed_at():
    found = columns.constants(["x", "y"], {"x": 1, "y": 2}, 10)
    assert [(check.column, check.severity) for check in found] == [("x", "warn")]


def test_a_missing_name_comes_with_the_closest_one():
    found = columns.missing({"exclude": {"outpdoll"}, "keys": {"outpdol"}}, ["outpdol", "black"])
    assert [check.message for check in found] == [
        "`outpdoll`, named in `exclude`, is not a column of the data; did you mean `outpdol`?"
    ]


def test_nested_columns_are_refused_by_name():
    frame = pl.DataFrame({"__row__": [0], "x": [[1, 2]]})
    _, settled, found = columns.settle(frame, {}, {})
    assert not settled
    assert found[0].message == "`x` is of the type List(Int64), which cannot be learnt from; exclude it"


def test_infinite_values_are_counted():
    frame = pl.DataFrame({"__row__": [0, 1], "x": [1.0, float("inf")]})
    _, _, found = columns.settle(frame, {}, {})
    assert [check.message for check in found] == ["1 of 2 values of `x` are infinite"]


def test_distinct_values_leave_the_missing_out():
    frame = pl.DataFrame({"__row__": [0, 1, 2], "x": [1, None, 1], "y": ["a", "b", "c"]})
    assert columns.distincts(frame) == {"x": 1, "y": 3}


def test_only_public_columns_show_their_extremes():
    frame = pl.DataFrame({"__row__": [0, 1], "x": [1, 3], "y": [1, 3]})
    hidden, shown = columns.summary(frame, {"x": "int", "y": "int"}, {"x": 2, "y": 2}, {"y"}, {})
    assert (hidden.min, hidden.max, hidden.mean) == (None, None, 2.0)
    assert (shown.min, shown.max) == (1, 3)


def test_a_column_is_described_for_the_server():
    frame = pl.DataFrame({"__row__": [0, 1], "x": ["b", "a"]})
    found = columns.described(
        frame, {"x": "category"}, {"x": "feature"}, {"x": ColumnRule(nulls={"at_most": 0.1}, sensitive=True)}
    )
    assert [said(column) for column in found] == [
        {
            "name": "x",
            "type": "category",
            "role": "feature",
            "nullable": True,
            "sensitive": True,
            "categories": ["a", "b"],
            "minimum": None,
            "maximum": None,
        }
    ]
