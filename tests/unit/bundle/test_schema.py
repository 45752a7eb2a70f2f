from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from mlops.bundle.refusal import REASONS, counted
from mlops.bundle.request_form import json_schema
from mlops.bundle.schema import BadRows, Field, Requests, RequestSchema
from mlops.errors import IntegrityError
from mlops.files.canonical import dumps
from tests.builders.bundles import make_predictor

GOOD: dict[str, Any] = {
    "age": 40.5,
    "visits": 3,
    "insured": True,
    "plan": "basic",
    "joined": "2020-02-29",
    "seen": "2020-05-01T08:00:00Z",
}
SCHEMA = make_predictor().schema


def faults(*rows: Any) -> list[tuple[int, str, str]]:
    with pytest.raises(BadRows) as caught:
        SCHEMA.check(rows)
    return [(problem.row, problem.field, problem.problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"age": None},
        {"age": 40},
        {"visits": 3.0},
        {"plan": "never seen"},
        {"plan": "żółw 😀"},
        {"plan": None},
        {"seen": None},
        {"seen": "2020-05-01"},
        {"seen": "0001-01-01T00:00:00+12:00"},
    ],
)
def test_a_good_row_is_accepted(change: dict[str, Any]) -> None:
    SCHEMA.check([GOOD | change])


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"age": "40"}, "must be a number, not a string"),
        ({"age": True}, "must be a number, not a boolean"),
        ({"age": float("nan")}, "must be a finite number"),
        ({"age": 10**400}, "must be a finite number"),
        ({"visits": 3.5}, "must be a whole number"),
        ({"visits": [3]}, "must be a whole number, not an array"),
        ({"visits": 2**63}, "does not fit 64 bits"),
        ({"visits": float("inf")}, "must be a whole number"),
        ({"visits": None}, "must not be null: the training data had no nulls here"),
        ({"insured": 1}, "must be true or false, not a number"),
        ({"plan": {"a": 1}}, "must be a string, not an object"),
        ({"plan": "\ud83d"}, "must be Unicode: half of a surrogate pair is none"),
        ({"joined": "29.2.2020"}, "must be a date like 2024-05-31"),
        ({"joined": 20200229}, "must be a date like 2024-05-31, not a number"),
        ({"seen": "yesterday"}, "must be a time like 2024-05-31T12:00:00"),
        ({"other": 1}, "is not a field of this model"),
    ],
)
def test_a_bad_value_is_named_with_its_row(change: dict[str, Any], problem: str) -> None:
    assert faults(GOOD, GOOD | change) == [(1, next(iter(change)), problem)]


def test_every_problem_of_every_row_is_found() -> None:
    missing = {name: value for name, value in GOOD.items() if name not in ("age", "seen")}
    assert faults(missing | {"x": 1, "visits": "3"}, GOOD, 7, None) == [
        (0, "age", "is missing"),
        (0, "visits", "must be a whole number, not a string"),
        (0, "seen", "is missing"),
        (0, "x", "is not a field of this model"),
        (2, "", "must be an object of fields, not a number"),
        (3, "", "must be an object of fields, not null"),
    ]


def test_problems_are_bounded_and_counted() -> None:
    with pytest.raises(BadRows) as caught:
        SCHEMA.check([{"x" * 1000: 1}] * 50)
    assert len(caught.value.problems) == 20
    assert caught.value.count == 350
    assert max(len(problem.field) for problem in caught.value.problems) == 80
    assert str(caught.value) == "row 0, field `age`: is missing and 349 more problems"


def test_a_schema_survives_its_json() -> None:
    assert RequestSchema.parse(dumps(SCHEMA.model_dump()).encode()) == SCHEMA


@pytest.mark.parametrize("data", [b"{}", b"", b'{"fields": [], "schema_version": 2}', b'{"fields": [{"name": 1}]}'])
def test_what_is_no_schema_is_refused(data: bytes) -> None:
    with pytest.raises(IntegrityError, match=r"^schema\.json is not a request schema$"):
        RequestSchema.parse(data)


def test_the_published_schema_agrees_with_the_check() -> None:
    published = json_schema(SCHEMA)
    jsonschema.Draft202012Validator.check_schema(published)
    validator = jsonschema.Draft202012Validator(published)
    row = GOOD | {"visits": 3}
    assert validator.is_valid({"dataframe_records": [row]})
    assert validator.is_valid({"dataframe_split": {"columns": list(row), "data": [list(row.values())]}})
    assert validator.is_valid({"inputs": {name: [value] for name, value in row.items()}})
    assert not validator.is_valid({"dataframe_records": [row | {"visits": None}]})
    assert not validator.is_valid({"dataframe_records": [row | {"x": 1}]})
    assert not validator.is_valid({"rows": [row]})


def test_what_was_seen_is_told_but_not_enforced() -> None:
    schema = RequestSchema(fields=(Field(name="a", type="float", nullable=True, minimum=0, maximum=1),))
    schema.check([{"a": 5}])
    row = json_schema(schema)["oneOf"][0]["properties"]["dataframe_records"]["items"]
    assert row["properties"]["a"] == {"type": ["number", "null"], "description": "seen from 0 to 1"}


@pytest.mark.parametrize(
    ("row", "cause"),
    [
        ({**GOOD, "visits": None}, ("visits", "null")),
        ({name: value for name, value in GOOD.items() if name != "seen"}, ("seen", "absent")),
        ({**GOOD, "age": "40"}, ("age", "type")),
        ({**GOOD, "age": float("inf")}, ("age", "value")),
        ({**GOOD, "joined": "2020-02-30"}, ("joined", "value")),
        ({**GOOD, "name of somebody": "Ada"}, ("(unknown)", "field")),
        (["Ada"], ("(unknown)", "row")),
        ({**GOOD, "visits": None, "joined": 5, "other": 1}, ("visits", "null")),
    ],
)
def test_a_bad_row_has_one_cause_which_holds_nothing_of_the_row(row: Any, cause: tuple[str, str]) -> None:
    found = SCHEMA.inspect([GOOD, row])
    assert found.causes == {1: cause}
    assert cause[1] in REASONS


def test_causes_are_counted_in_rows_and_good_rows_of_a_refused_batch_are_told_apart() -> None:
    causes = SCHEMA.inspect([GOOD, {**GOOD, "visits": None}, {**GOOD, "visits": None}, 5, GOOD]).causes
    bad = {("visits", "null"): 2, ("(unknown)", "row"): 1}
    assert counted(causes, 5, whole=False) == bad
    assert counted(causes, 5, whole=True) == bad | {("(unknown)", "batch"): 2}


def test_a_null_that_is_imputed_is_accepted_and_published() -> None:
    imputing = make_predictor(nulls="impute")
    row = dict.fromkeys(GOOD)
    imputing.schema.check([row])
    assert imputing.predict_rows([row]).shape == (1,)
    assert jsonschema.Draft202012Validator(json_schema(imputing.schema)).is_valid({"inputs": [row]})
    with pytest.raises(BadRows, match=r"^row 0, field `age`: is missing"):
        imputing.schema.check([{}])


def test_a_schema_without_the_key_keeps_its_bytes_and_one_with_it_carries_it() -> None:
    plain = dumps(SCHEMA.model_dump(exclude={"requests"}))
    assert "requests" not in plain
    assert SCHEMA.dumps() == plain
    assert RequestSchema.parse(plain.encode()) == SCHEMA
    assert SCHEMA.requests == Requests(nulls="refuse", batch="all")
    changed = make_predictor(nulls="impute", batch="rows").schema
    assert RequestSchema.parse(changed.dumps().encode()) == changed
    assert '"requests": {\n  "batch": "rows",\n  "nulls": "impute"\n }' in changed.dumps()
