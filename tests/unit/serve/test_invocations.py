from __future__ import annotations

import json
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from mlops.bundle.model import OnnxModel
from mlops.bundle.predictor import Predictor
from mlops.serve.invocations import BadRequest, answer, parse
from tests.builders.bundles import make_model, make_predictor

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
    assert parse(json.dumps(body).encode()) == ROWS


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
        (b'{"inputs": [], "params": {"a": 1}}', f"the body must have {ONE_OF}, not 'inputs', 'params'"),
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


def test_a_score_that_is_no_number_is_named_with_its_row() -> None:
    sound = make_predictor()
    graph = onnx.load_model_from_string(make_model(sound.transform.shape))
    weights = next(tensor for tensor in graph.graph.initializer if tensor.name == "weights")
    weights.CopyFrom(numpy_helper.from_array(np.full_like(numpy_helper.to_array(weights), np.nan), "weights"))
    broken = Predictor(sound.transform, OnnxModel(graph.SerializeToString()), sound.schema)
    row = dict.fromkeys(field.name for field in sound.schema.fields) | {"visits": 1, "insured": True}
    with pytest.raises(BadRequest) as caught:
        answer(broken, json.dumps({"inputs": [row | {"joined": "2020-01-01"}]}).encode())
    assert str(caught.value) == "the model gives no finite score for some rows"
    assert [problem.row for problem in caught.value.problems] == [0]


def test_no_rows_get_no_predictions() -> None:
    assert answer(make_predictor(), b'{"dataframe_records": []}') == b'{"predictions":[]}'
