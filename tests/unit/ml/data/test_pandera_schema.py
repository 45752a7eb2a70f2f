import datetime

import pandera.polars as pandera
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlops.blocks.column_rule import ColumnRule
from mlops.blocks.table_rule import Pair
from mlops.ml.data import types
from mlops.ml.data.pandera_schema import schema_of
from mlops.ml.data.schema import check, rules_of
from mlops.ml.data.table_rules import pair

NUMBERS = st.integers(-4, 4)
TEXTS = st.text("ab", max_size=4)
DAYS = st.dates(datetime.date(2024, 1, 1), datetime.date(2024, 1, 9))


def maybe(strategy):
    return st.none() | strategy


def bounds(strategy):
    return st.tuples(maybe(strategy), maybe(strategy))


RULES = {
    "number": st.fixed_dictionaries(
        {"type": st.just("int")},
        optional={
            "between": bounds(NUMBERS),
            "greater_than": NUMBERS,
            "less_than": NUMBERS,
            "in": st.lists(NUMBERS, min_size=1, max_size=6, unique=True),
            "all_occur": st.booleans(),
            "not_in": st.lists(NUMBERS, min_size=1, max_size=3),
            "nulls": st.sampled_from([{"at_most": 0}, {"at_most": 0.2}, {"at_most": 0.5}]),
            "unique": st.booleans(),
        },
    ),
    "text": st.fixed_dictionaries(
        {"type": st.just("string")},
        optional={
            "matches": st.sampled_from(["a*", "[ab]{2}", "a|b"]),
            "length": st.sampled_from([(1, None), (None, 3), (1, 2), (2, 2)]),
            "starts_with": st.sampled_from("ab"),
            "ends_with": st.sampled_from("ab"),
            "contains": st.sampled_from(["a", "ab"]),
            "in": st.lists(TEXTS, min_size=1, max_size=5, unique=True),
            "nulls": st.sampled_from([{"at_most": 0}, {"at_most": 0.4}]),
            "unique": st.booleans(),
        },
    ),
    "day": st.fixed_dictionaries(
        {"type": st.just("date")}, optional={"between": bounds(DAYS.map(str)), "less_than": DAYS.map(str)}
    ),
}
ROWS = st.lists(st.tuples(maybe(NUMBERS), maybe(TEXTS), maybe(DAYS), maybe(NUMBERS)), min_size=1, max_size=12)
RELATIONS = ["less_than", "at_most", "equals", "differs_from", "at_least", "greater_than", "requires", "missing_with"]


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    ROWS,
    st.fixed_dictionaries(RULES),
    st.lists(st.sampled_from([("number", "text"), ("day",)])),
    st.sampled_from(RELATIONS),
)
def test_our_pass_refuses_exactly_what_pandera_refuses(rows, rules, unique, relation):
    schema = {"number": pl.Int64, "text": pl.String, "day": pl.Date, "other": pl.Int64}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    columns = {name: ColumnRule.model_validate(rule) for name, rule in rules.items()}
    if columns["number"].all_occur and columns["number"].one_of is None:
        columns["number"] = columns["number"].model_copy(update={"all_occur": False})
    between = Pair(left="number", relation=relation, right="other")
    settled = {name: types.settle(frame[name], columns[name].type) for name in columns}
    compiled = [*rules_of(frame.height, columns, settled, unique), pair(between, frame.height)]
    try:
        schema_of(columns, unique, [between]).validate(frame, lazy=True)
        refused = False
    except pandera.errors.SchemaErrors:
        refused = True
    assert any(not found.passed for found in check(frame, compiled)) == refused
