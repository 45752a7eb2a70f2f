import datetime as dt
import math

import polars as pl
import pytest
from pydantic import ValidationError

from mlops.blocks.derived import Derived
from mlops.errors import ConfigurationError
from mlops.ml.data.derive import derive

FRAME = pl.DataFrame(
    {
        "money": [0.0, 2.5, None],
        "visits": [0, 3, 1],
        "city": ["Bonn", "Rome", None],
        "day": [dt.date(2024, 1, 1), dt.date(2023, 6, 1), None],
    }
)
TYPES = {"money": "float", "visits": "int", "city": "category", "day": "date"}


def computed(**rule):
    frame, types = derive(FRAME, TYPES, {"new": Derived(**rule)})
    return types["new"], frame["new"].to_list()


@pytest.mark.parametrize(
    ("rule", "found", "values"),
    [
        ({"from": "money", "rule": "greater_than", "value": 0}, "bool", [False, True, None]),
        ({"from": "money", "rule": "at_least", "value": 2.5}, "bool", [False, True, None]),
        ({"from": "visits", "rule": "less_than", "value": 0.5}, "bool", [True, False, False]),
        ({"from": "visits", "rule": "at_most", "value": 1}, "bool", [True, False, True]),
        ({"from": "day", "rule": "at_least", "value": "2024-01-01"}, "bool", [True, False, None]),
        ({"from": "city", "rule": "equals", "value": "Bonn"}, "bool", [True, False, None]),
        ({"from": "visits", "rule": "one_of", "value": (1, 3)}, "bool", [False, True, True]),
        ({"from": "city", "rule": "is_null"}, "bool", [False, False, True]),
        ({"from": "money", "rule": "log1p"}, "float", [0.0, math.log1p(2.5), None]),
        ({"from": "day", "rule": "year"}, "int", [2024, 2023, None]),
    ],
)
def test_each_rule_computes_what_it_says(rule, found, values):
    assert computed(**rule) == (found, values)


def test_a_computed_column_can_be_computed_from():
    wanted = {"a": Derived(source="b", rule="equals", value=2024), "b": Derived(source="day", rule="year")}
    frame, _ = derive(FRAME, TYPES, wanted)
    assert frame["a"].to_list() == [True, False, None]


@pytest.mark.parametrize(
    ("name", "rule", "message"),
    [
        (
            "new",
            {"from": "city", "rule": "greater_than", "value": 1},
            "`derive` cannot compute `new`: the rule greater_than does not apply to `city`, which is of type category",
        ),
        (
            "new",
            {"from": "money", "rule": "greater_than", "value": "much"},
            "`derive` compares `money`, which is of type float, with the value `much`",
        ),
        ("new", {"from": "mony", "rule": "log1p"}, "`derive` cannot compute `new` from `mony`"),
        ("new", {"from": "new", "rule": "log1p"}, "`derive` cannot compute `new` from `new`"),
        ("city", {"from": "money", "rule": "log1p"}, "`derive` would overwrite columns of the data: city"),
    ],
)
def test_what_cannot_be_computed_is_refused(name, rule, message):
    with pytest.raises(ConfigurationError) as caught:
        derive(FRAME, TYPES, {name: Derived(**rule)})
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"rule": "greater_than"}, "the rule greater_than needs a `value`"),
        ({"rule": "log1p", "value": 1}, "the rule log1p takes no `value`"),
        ({"rule": "one_of", "value": 1}, "`value` of the rule one_of is a list"),
        ({"rule": "equals", "value": [1]}, "`value` of the rule equals is one value"),
    ],
)
def test_a_rule_that_contradicts_itself_is_refused(rule, words):
    with pytest.raises(ConfigurationError) as caught:
        derive(FRAME, TYPES, {"new": Derived(source="money", **rule)})
    assert (caught.value.message, caught.value.hint) == (f"`derive` cannot compute `new`: {words}", "correct `value`")


def test_a_rule_that_nobody_knows_cannot_be_written():
    with pytest.raises(ValidationError, match="Input should be"):
        Derived(source="money", rule="eval", value=1)
