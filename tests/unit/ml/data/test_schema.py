import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mlops.blocks.column_rule import ColumnRule
from mlops.blocks.table_rule import RowCount
from mlops.errors import ConfigurationError
from mlops.ml.data import types
from mlops.ml.data.contract import Contract
from mlops.ml.data.schema import check, rules_of


def results(frame, columns=None, **more):
    rules = {name: ColumnRule(**rule) for name, rule in (columns or {}).items()}
    settled = {name: types.settle(frame[name], rules[name].type if name in rules else None) for name in frame.columns}
    typed = pl.DataFrame([column.values for column in settled.values()])
    return check(typed, rules_of(typed.height, rules, settled, **more))


def failures(frame, columns=None, **more):
    return [(found.name, found.failed, found.message) for found in results(frame, columns, **more) if not found.passed]


@pytest.mark.parametrize(
    ("values", "rule", "expected"),
    [
        ([1, 5, 9, None], {"between": [0, 5]}, ("between", 1, "1 of 4 values of `x` are outside 0 to 5")),
        ([1.5, -2.0], {"between": [0, None]}, ("between", 1, "1 of 2 values of `x` are below 0")),
        ([1.5, -2.0], {"between": [None, 0.5]}, ("between", 1, "1 of 2 values of `x` are above 0.5")),
        ([1, 2, 7], {"in": [1, 2]}, ("in", 1, "1 of 3 values of `x` are not one of 1, 2")),
        (["a", "b", "c"], {"in": ["a"]}, ("in", 2, "2 of 3 values of `x` are not one of a")),
        (["ab", "abc"], {"matches": "[a-b]+"}, ("matches", 1, "1 of 2 values of `x` do not match `[a-b]+`")),
        ([1, 1, 2, None, None], {"unique": True}, ("unique", 2, "2 of 5 values of `x` stand more than once")),
        ([1, None], {"nulls": {"at_most": 0}}, ("nulls", 1, "1 of 2 values of `x` are missing (50.0%); none may be")),
        (
            [1, None],
            {"nulls": {"at_most": 0.3}},
            ("nulls", 1, "1 of 2 values of `x` are missing (50.0%); at most 0.3 of all may be"),
        ),
        (
            ["2024-01-01", "2020-01-01"],
            {"type": "date", "between": ["2023-01-01", None]},
            ("between", 1, "1 of 2 values of `x` are below 2023-01-01"),
        ),
    ],
)
def test_each_rule_counts_what_breaks_it(values, rule, expected):
    assert failures(pl.DataFrame({"x": values}), {"x": rule}) == [expected]


def test_all_rules_are_reported_at_once_with_the_passed_ones():
    frame = pl.DataFrame({"x": [1, 2, 9], "y": ["a", "b", "c"]})
    found = results(frame, {"x": {"between": [0, 5], "unique": True}, "y": {"in": ["a"]}})
    assert [(one.name, one.column, one.failed) for one in found] == [
        ("rows", None, 0),
        ("between", "x", 1),
        ("unique", "x", 0),
        ("in", "y", 2),
    ]


def test_rows_are_counted():
    frame = pl.DataFrame({"x": [1, 2]})
    assert failures(frame, rows=RowCount(at_least=5, at_most=9)) == [
        ("rows", 1, "there are 2 rows; at least 5 and at most 9 are expected")
    ]


def test_columns_are_unique_together():
    frame = pl.DataFrame({"x": [1, 1, 2], "y": ["a", "a", "a"]})
    assert failures(frame, unique=[("x", "y")]) == [
        ("unique_together", 2, "2 of 3 rows share their `x`, `y` with another row")
    ]


def test_a_value_that_would_not_cast_is_not_missing_as_well():
    assert failures(pl.DataFrame({"x": ["1", "one"]}), {"x": {"type": "int", "nulls": {"at_most": 0}}}) == []


def test_values_are_shown_for_public_columns_only():
    frame = pl.DataFrame({"x": ["a", "secret"], "y": ["a", "open"]})
    hidden, shown = results(frame, {"x": {"in": ["a"]}, "y": {"in": ["a"], "public": True}})[1:]
    assert (hidden.examples, shown.examples) == ((), ("open",))
    assert "secret" not in str(hidden.record())


def test_braces_in_names_and_patterns_are_only_text():
    assert failures(pl.DataFrame({"{x}": ["a"]}), {"{x}": {"matches": "b{2}"}}) == [
        ("matches", 1, "1 of 1 values of `{x}` do not match `b{2}`")
    ]


def test_severity_is_carried_over():
    frame = pl.DataFrame({"x": [9]})
    assert results(frame, {"x": {"between": [0, 5], "severity": "warn"}})[1].severity == "warn"


def test_bounds_of_another_type_are_refused():
    with pytest.raises(ConfigurationError, match="`in` of `x` is not made of values of type int"):
        results(pl.DataFrame({"x": [1]}), {"x": {"in": ["one"]}})


@pytest.mark.parametrize(
    "rule",
    [{"nulls": {"at_most": 1.5}}, {"length": [-1, None]}, {"type": "money"}, {"severity": "fatal"}, {"colour": "red"}],
)
def test_a_rule_that_makes_no_sense_cannot_be_written(rule):
    with pytest.raises(ValidationError):
        ColumnRule(**rule)


def test_a_pattern_that_polars_cannot_use_is_refused_before_any_data_is_read():
    with pytest.raises(ValidationError) as caught:
        Contract.model_validate({"task": "binary", "target": "y", "columns": {"x": {"matches": "a(?=b)"}}})
    (error,) = caught.value.errors()
    words = "Value error, `a(?=b)` of `x` is not a regular expression without look-around"
    assert (error["loc"], error["msg"]) == (("columns",), words)


@pytest.mark.slow
@given(st.lists(st.none() | st.integers(-5, 5), min_size=1, max_size=40), st.integers(-5, 5), st.integers(-5, 5))
def test_between_agrees_with_plain_python(values, low, high):
    frame = pl.DataFrame({"x": pl.Series(values, dtype=pl.Int64)})
    wrong = sum(value is not None and not low <= value <= high for value in values)
    assert results(frame, {"x": {"between": [low, high]}})[1].failed == wrong


@given(st.lists(st.integers(0, 5), min_size=1, max_size=40))
def test_unique_agrees_with_plain_python(values):
    wrong = sum(values.count(value) > 1 for value in values)
    assert results(pl.DataFrame({"x": values}), {"x": {"unique": True}})[1].failed == wrong
