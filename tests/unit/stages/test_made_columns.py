"""A column that is computed has the same bits in a table of a stage and in a row of a request."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops.bundle.recipe import Recipe
from mlops.bundle.transform import Transform
from mlops.errors import ConfigurationError, IntegrityError
from mlops.ml.data.derive import derive
from mlops.stages.tables import transformed
from tests.builders.rows import json_row

SCHEMA = {
    "age": pl.Int64,
    "unit price": pl.Float64,
    "smoker": pl.Boolean,
    "city": pl.String,
    "born": pl.Date,
    "seen": pl.Datetime("us"),
}
TYPES = {"age": "int", "unit price": "float", "smoker": "bool", "city": "string", "born": "date", "seen": "datetime"}
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "age": st.none() | st.integers(-(2**62), 2**62) | st.integers(-3, 100),
            "unit price": st.none() | st.floats(allow_infinity=False, allow_nan=False) | st.floats(-5, 5),
            "smoker": st.none() | st.booleans(),
            "city": st.none() | st.sampled_from(["Bonn", "São Paulo", "e\u0301 a", "12.5", ""]) | st.text(max_size=4),
            "born": st.none() | st.dates(),
            "seen": st.none() | st.datetimes(),
        }
    ),
    min_size=1,
    max_size=6,
)
LEAVES = st.sampled_from(
    ["age", "`unit price`", "smoker", "city", "born", "seen", "0", "2.5", "null", "true", "'a'", "date('2024-02-29')"]
)
NUMBERS = st.sampled_from(["age", "`unit price`", "0", "3", "0.7", "length(city)", "days_between(born, seen)"])
ANY = ["abs", "sqrt", "log", "log1p", "log10", "exp", "floor", "ceil", "round", "is_null"]
ANY += ["year", "month", "weekday", "hour", "lower", "strip", "length", "number"]
TWO = ["min", "max", "coalesce", "days_between", "years_between", "hours_between"]
SIGNS = ["+", "-", "*", "/", "%", "**", "==", "!=", "<", "<=", ">", ">=", "and", "or"]


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(st.sampled_from(ANY), inner).map(lambda each: f"{each[0]}({each[1]})"),
        st.tuples(st.sampled_from(TWO), inner, inner).map(lambda each: f"{each[0]}({each[1]}, {each[2]})"),
        st.tuples(inner, st.sampled_from(SIGNS), inner).map(lambda each: f"({each[0]} {each[1]} {each[2]})"),
        st.tuples(inner, inner, inner).map(lambda each: f"if({each[0]}, {each[1]}, {each[2]})"),
        inner.map(lambda each: f"split({each}, ' ', 1)"),
        inner.map(lambda each: f"prefix({each}, 2) in ['Bo', 'e\u0301']"),
    )


def numeric(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Give expressions of numbers, which are seldom refused."""
    one = st.sampled_from(["abs", "sqrt", "log", "log1p", "log10", "exp", "floor", "ceil", "round"])
    return st.one_of(
        st.tuples(one, inner).map(lambda each: f"{each[0]}({each[1]})"),
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "%", "**"]), inner).map(" ".join).map("({})".format),
        st.tuples(inner, inner, inner).map(lambda each: f"if({each[0]} > {each[1]} or smoker, {each[2]}, {each[0]})"),
    )


EXPRESSIONS = st.recursive(NUMBERS, numeric, max_leaves=6) | st.recursive(LEAVES, _grown, max_leaves=5)


def recipe(made: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """Describe a transform that reads made columns alone."""
    texts = [each["name"] for each in made if each["type"] in ("string", "category")]
    dates = [each["name"] for each in made if each["type"] in ("date", "datetime")]
    numbers = [each["name"] for each in made if each["name"] not in (*texts, *dates)]
    fitted = {"fill": 0.5, "shift": 0.0, "scale": 1.0}
    return {
        "schema_version": 1,
        "kind": "tabular",
        "task": "regression",
        "target": {"name": "y"},
        "columns": [{"name": name, "type": kind, "nullable": True} for name, kind in TYPES.items()],
        "made": made,
        "numbers": [{"column": name, "indicator": True, **fitted} for name in numbers]
        + [{"column": name, "part": "day", **fitted} for name in dates],
        "categories": [
            {"column": name, "encode": "one_hot", "levels": ["bonn", "Bo", "é"], "other": True, "null": True}
            for name in texts
        ],
    } | more


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(rows=ROWS, expression=EXPRESSIONS)
def test_any_expression_is_refused_in_a_sentence_or_has_one_value_in_stages_and_server(
    rows: list[dict[str, Any]], expression: str
) -> None:
    frame = pl.DataFrame(rows, schema=SCHEMA)
    composed = frame.with_columns(pl.col("city").str.normalize("NFC"))
    try:
        table, types = derive(composed, TYPES, {"made": expression})  # type: ignore[arg-type]  # types of columns
    except ConfigurationError as error:
        assert error.message.startswith("`derive` cannot compute `made`: ")
        return
    assert table.height == len(rows)
    transform = Transform.parse(recipe([{"name": "made", "type": types["made"], "expression": expression}]))
    whole = transformed(transform, composed)
    alone = [transform.apply_rows([json_row(row)]) for row in frame.iter_rows(named=True)]
    assert whole.tobytes() == np.concatenate(alone).tobytes()
    assert whole.tobytes() == transform.apply_rows([json_row(row) for row in frame.iter_rows(named=True)]).tobytes()
    given_made = transform.recipe.model_copy(update={"made": (), "columns": _columns(types["made"])})
    assert transformed(Transform(given_made), table).tobytes() == whole.tobytes()


def _columns(kind: str) -> tuple[Any, ...]:
    return Recipe.model_validate(recipe([], columns=[{"name": "made", "type": kind, "nullable": True}])).columns


@pytest.mark.parametrize(
    ("made", "where"),
    [
        ([{"name": "m", "type": "float", "expression": "ag + 1"}], None),
        ([{"name": "m", "type": "string", "expression": "age + 1"}], None),
        ([{"name": "age", "type": "int", "expression": "age + 1"}], None),
        ([{"name": "m", "type": "int", "expression": "__import__('os')"}], None),
        ([], {"expression": "age + 1", "refuse": True}),
    ],
)
def test_a_bundle_with_an_expression_that_is_none_is_no_bundle(made: list[dict[str, Any]], where: Any) -> None:
    import json

    with pytest.raises(IntegrityError, match=r"transform.json is not a transform"):
        Recipe.parse(json.dumps(recipe(made, where=where)).encode())


def test_a_recipe_without_made_columns_keeps_its_bytes() -> None:
    found = Recipe.model_validate(recipe([])).model_dump(mode="json")
    assert not {"made", "where"} & set(found)


def test_rows_outside_of_what_the_model_is_for() -> None:
    made = [{"name": "adult", "type": "bool", "expression": "age >= 18"}]
    transform = Transform.parse(recipe(made, where={"expression": "adult and city != 'Rome'", "refuse": False}))
    row = dict.fromkeys(TYPES)
    rows = [row | {"age": 20, "city": "Bonn"}, row | {"age": 3, "city": "Bonn"}, row | {"age": 20}, row | {"city": "x"}]
    assert transform.outside(rows) == [1, 2, 3]
    assert Transform.parse(recipe(made)).outside(rows) == []
