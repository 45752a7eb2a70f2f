from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from mlops.bundle.model import OnnxModel
from mlops.bundle.predictor import Predictor
from mlops.bundle.schema import Requests, RequestSchema
from mlops.bundle.transform import Transform
from mlops.serve.bad_request import BadRequest
from mlops.serve.invocations import answer, parse
from tests.builders.bundles import make_frame, make_model, make_predictor, make_recipe

ROWS = [{"a": 1, "b": "x"}, {"a": None, "b": "y"}]


@pytest.mark.parametrize(
    "body",
    [
        {"dataframe_records": ROWS},
        {"dataframe_split": {"columns": ["a", "b"], "data": [[1, "x"], [None, "y"]]}},
        {"dataframe_split": {"columns": ["a", "b"], "data": [[1, "x"], [None, "y"]], "index": [0, 1]}},
        {"instances": ROWS},
        {"inputs": ROWS},
        {"inputs": {"a": [1, None], "b": ["x", "y"]}},
        {"instances": {"a": [1, None], "b": ["x", "y"]}},
        {"dataframe_records": ROWS, "params": {}},
    ],
)
def test_every_form_gives_the_same_rows(body: dict[str, Any]) -> None:
    assert parse(json.dumps(body).encode()) == (ROWS, None)


@pytest.mark.parametrize(
    ("rows", "sent", "clients"),
    [(2, ["order-17", None], ["order-17", None]), (1, "order-17", ["order-17"]), (1, ["é" * 100], ["é" * 100])],
)
def test_a_client_may_name_its_rows(rows: int, sent: Any, clients: list[str | None]) -> None:
    body = {"dataframe_records": ROWS[:rows], "params": {"client_id": sent}}
    assert parse(json.dumps(body).encode()) == (ROWS[:rows], clients)


EACH = "params.client_id must be a list with a text or null for each of 2 rows"
TEXT = "must be a text of 1 to 100 printable characters"


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"a": 1}, "params may hold `client_id` and nothing else"),
        ({"client_id": "a", "b": 1}, "params may hold `client_id` and nothing else"),
        ([1], "params may hold `client_id` and nothing else"),
        ({"client_id": "a"}, EACH),
        ({"client_id": ["a"]}, EACH),
        ({"client_id": {"0": "a"}}, EACH),
        ({"client_id": ["a", 17]}, f"params.client_id of row 1 {TEXT}"),
        ({"client_id": ["", "a"]}, f"params.client_id of row 0 {TEXT}"),
        ({"client_id": ["a" * 101, "a"]}, f"params.client_id of row 0 {TEXT}"),
        ({"client_id": ["a\nb", "a"]}, f"params.client_id of row 0 {TEXT}"),
    ],
)
def test_what_is_no_name_is_refused(params: Any, message: str) -> None:
    with pytest.raises(BadRequest) as caught:
        parse(json.dumps({"inputs": ROWS, "params": params}).encode())
    assert str(caught.value) == message


ONE_OF = "exactly one of dataframe_split, dataframe_records, instances, inputs"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "the body is not JSON: Expecting value: line 1 column 1 (char 0)"),
        (b"[" * 100_000, "the body is not JSON: too deeply nested"),
        (b'{"inputs": NaN}', "the body is not JSON: NaN is not JSON, send null for a missing value"),
        (b"[]", "the body must be an object with one of dataframe_split, dataframe_records, instances, inputs"),
        (b"{}", f"the body must have {ONE_OF}, not nothing"),
        (b'{"rows": []}', f"the body must have {ONE_OF}, not 'rows'"),
        (b'{"inputs": [], "instances": []}', f"the body must have {ONE_OF}, not 'inputs', 'instances'"),
        (b'{"dataframe_records": {}}', "dataframe_records must be a list of rows"),
        (b'{"inputs": 3}', "inputs must be a list of rows or an object of columns"),
        (b'{"inputs": {"a": 1}}', "inputs must be a list of rows or an object of lists, one per column"),
        (b'{"inputs": {"a": [1], "b": []}}', "the columns of inputs must all have the same length"),
        (b'{"dataframe_split": []}', "dataframe_split must be an object with the lists `columns` and `data`"),
        (
            b'{"dataframe_split": {"columns": ["a", "a"], "data": []}}',
            "dataframe_split.columns must be strings, each only once",
        ),
        (
            b'{"dataframe_split": {"columns": [[]], "data": []}}',
            "dataframe_split.columns must be strings, each only once",
        ),
    ],
)
def test_what_is_no_request_is_said(body: bytes, message: str) -> None:
    with pytest.raises(BadRequest) as caught:
        parse(body)
    assert str(caught.value) == message


def test_rows_of_another_width_are_named() -> None:
    body = b'{"dataframe_split": {"columns": ["a", "b"], "data": [[1, 2], [1], 5]}}'
    with pytest.raises(BadRequest) as caught:
        parse(body)
    assert [(problem.row, problem.problem) for problem in caught.value.problems] == [
        (1, "must be a list of 2 values, one per column"),
        (2, "must be a list of 2 values, one per column"),
    ]


def with_weights(sound: Predictor, change: Callable[[np.ndarray[Any, Any]], Any]) -> Predictor:
    """The same predictor with other weights."""
    graph = onnx.load_model_from_string(make_model(sound.transform.shape, sound.task))
    weights = next(tensor for tensor in graph.graph.initializer if tensor.name == "weights")
    weights.CopyFrom(numpy_helper.from_array(change(numpy_helper.to_array(weights)), "weights"))
    return Predictor(sound.transform, OnnxModel(graph.SerializeToString()), sound.schema)


def test_a_score_that_is_no_number_is_named_with_its_row() -> None:
    sound = make_predictor()
    broken = with_weights(sound, lambda weights: np.full_like(weights, np.nan))
    row = dict.fromkeys(field.name for field in sound.schema.fields) | {"visits": 1, "insured": True}
    with pytest.raises(BadRequest) as caught:
        answer(broken, json.dumps({"inputs": [row | {"joined": "2020-01-01"}]}).encode())
    assert str(caught.value) == "the model gives no finite score for some rows"
    assert [problem.row for problem in caught.value.problems] == [0]


def test_no_rows_get_no_predictions() -> None:
    assert answer(make_predictor(), b'{"dataframe_records": []}') == b'{"predictions":[]}'


GOOD = {"age": 40.5, "visits": 3, "insured": True, "plan": "basic", "joined": "2020-02-29", "seen": None}


def asked(predictor: Predictor, rows: list[Any]) -> tuple[dict[str, Any], dict[Any, int], list[int]]:
    """What is answered, what is counted as refused, and the positions that are kept."""
    refused: dict[Any, int] = {}
    kept: list[int] = []
    body = json.dumps({"inputs": rows}).encode()
    said = json.loads(
        answer(predictor, body, lambda _rows, _scores, numbers, _clients: kept.extend(numbers), refused.update)
    )
    return said, refused, kept


def test_a_good_row_is_answered_beside_a_bad_one_where_rows_are_refused_alone() -> None:
    alone = make_predictor(batch="rows")
    said, refused, kept = asked(alone, [GOOD, {**GOOD, "visits": None}, {**GOOD, "age": 20}])
    first, third = alone.predict_rows([GOOD, {**GOOD, "age": 20}]).tolist()
    problem = "must not be null: the training data had no nulls here"
    assert said == {
        "predictions": [first, None, third],
        "problems": [{"row": 1, "field": "visits", "problem": problem}],
    }
    assert refused == {("visits", "null"): 1}
    assert kept == [0, 2]


@pytest.mark.parametrize(("batch", "counts"), [("rows", 2), ("all", 2)])
def test_a_request_of_bad_rows_alone_is_refused_whole(batch: str, counts: int) -> None:
    with pytest.raises(BadRequest) as caught:
        asked(make_predictor(batch=batch), [{**GOOD, "visits": None}] * 2)
    assert caught.value.refused == {("visits", "null"): counts}


def test_rows_that_were_good_count_as_lost_with_their_batch() -> None:
    with pytest.raises(BadRequest) as caught:
        asked(make_predictor(), [GOOD, {**GOOD, "visits": None}, GOOD])
    assert caught.value.refused == {("visits", "null"): 1, ("(unknown)", "batch"): 2}


def test_a_body_that_is_no_rows_counts_as_one_and_rows_of_another_width_as_themselves() -> None:
    with pytest.raises(BadRequest) as caught:
        parse(b"{}")
    assert caught.value.refused == {("(unknown)", "body"): 1}
    with pytest.raises(BadRequest) as caught:
        parse(b'{"dataframe_split": {"columns": ["a", "b"], "data": [[1, 2], [1], 5]}}')
    assert caught.value.refused == {("(unknown)", "row"): 2, ("(unknown)", "batch"): 1}


def test_a_score_that_is_no_number_loses_its_row_alone() -> None:
    sound = make_predictor("regression", batch="rows")
    broken = with_weights(sound, lambda weights: np.full_like(weights, np.finfo(np.float32).max / 100))
    rows = [GOOD, {**GOOD, "age": 1e30}]
    said, refused, kept = asked(broken, rows)
    assert said["predictions"][0] is not None
    assert (said["predictions"][1], refused, kept) == (None, {("(unknown)", "score"): 1}, [0])
    with pytest.raises(BadRequest, match=r"^the model gives no finite score for some rows$") as caught:
        asked(broken, rows[1:])
    assert caught.value.refused == {("(unknown)", "score"): 1}


def restricted(outside: str, **requests: Any) -> Predictor:
    """A predictor that is for adults alone."""
    recipe = make_recipe(make_frame(), where={"keep": "age >= 18 and adult", "outside": outside}, derive=ADULT)
    transform = Transform.parse(recipe)
    schema = RequestSchema.of(transform.recipe, requests=Requests(nulls="impute", **requests))
    return Predictor(transform, OnnxModel(make_model(transform.shape)), schema)


ADULT = {"adult": "age > 17"}
SAID = "is none of the rows that the model is for: age >= 18 and adult"


def aged(predictor: Predictor, *ages: float | None, **more: Any) -> dict[str, Any]:
    row = dict.fromkeys(field.name for field in predictor.schema.fields)
    rows = [row | {"age": age} for age in ages]
    found: dict[str, Any] = json.loads(answer(predictor, json.dumps({"dataframe_records": rows}).encode(), **more))
    return found


def test_a_row_that_the_model_is_not_for_is_answered_with_a_warning() -> None:
    found = aged(restricted("warn"), 20, 3, None)
    assert len(found["predictions"]) == 3
    assert found["warnings"] == [{"row": row, "field": "", "problem": SAID} for row in (1, 2)]
    assert list(aged(restricted("warn"), 20)) == ["predictions"]


def test_a_row_that_the_model_is_not_for_may_be_refused() -> None:
    with pytest.raises(BadRequest) as caught:
        aged(restricted("refuse"), 20, 3)
    assert [problem.problem for problem in caught.value.problems] == [SAID]
    assert caught.value.refused == {("(unknown)", "outside"): 1, ("(unknown)", "batch"): 1}
    refused: list[Any] = []
    found = aged(restricted("refuse", batch="rows"), 20, 3, refuse=refused.append)
    assert found["predictions"][1] is None
    assert found["problems"] == [{"row": 1, "field": "", "problem": SAID}]
    assert refused == [{("(unknown)", "outside"): 1}]


def test_names_of_a_split_are_no_rows() -> None:
    split = {"columns": ["a", "b", "c"], "data": [[1, 2, 3], [4, 5, 6]]}
    body = json.dumps({"dataframe_split": split}).encode()
    assert len(parse(body, 2).rows) == 2
    with pytest.raises(BadRequest, match=r"^the request has 2 rows, and at most 1 are answered: send fewer at a time$"):
        parse(body, 1)
