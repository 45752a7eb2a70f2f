from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops.blocks.limits import Limits
from mlops.bundle.contents import verify
from mlops.bundle.schema import Requests
from mlops.errors import ConfigurationError
from mlops.serve.access import Guard, Guarded
from mlops.serve.app import create
from mlops.serve.dialects.environment import port_of
from mlops.serve.dialects.vertex import Paths
from mlops.serve.door import Door
from tests.builders.bundles import make_bundle
from tests.builders.client import Client

INFER = "/v2/models/tiny/infer"
TYPES = {"age": "FP64", "visits": "INT64", "insured": "BOOL", "plan": "BYTES", "joined": "BYTES", "seen": "BYTES"}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("dialects") / "bundle")


@pytest.fixture(scope="module")
def client(bundle: Path) -> Client:
    return Client(create(bundle, door=Door(Limits(rows=20))))


@pytest.fixture(scope="module")
def golden(bundle: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((bundle / "golden.json").read_bytes())
    return read


def tensors(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows as inputs of the Open Inference Protocol."""
    return [
        {"name": name, "datatype": kind, "shape": [len(rows)], "data": [row[name] for row in rows]}
        for name, kind in TYPES.items()
    ]


def test_inputs_may_be_lists_of_values_in_the_order_of_the_columns(client: Client, golden: dict[str, Any]) -> None:
    rows = [[row[name] for name in TYPES] for row in golden["rows"]]
    assert client.post("/invocations", json={"inputs": rows}).json() == {"predictions": golden["scores"]}
    texts = [["40,5" if place == 0 else value for place, value in enumerate(row)] for row in rows]
    spelt = client.post("/invocations", json={"inputs": texts})
    assert spelt.status_code == 400  # as a row with such a text would be
    short = client.post("/invocations", json={"inputs": [rows[0], rows[0][:2]]})
    assert short.json() == {
        "error_code": "BAD_REQUEST",
        "message": "inputs has rows of another width than the model's columns, which are in order "
        "age, visits, insured, plan, joined, seen",
        "problems": [{"row": 1, "field": "", "problem": "must be a list of 6 values, one per column"}],
    }


@pytest.mark.parametrize("version", ["", "/versions/1"])
def test_the_open_inference_protocol_gives_the_scores_of_the_rows(
    client: Client, bundle: Path, golden: dict[str, Any], version: str
) -> None:
    answer = client.post(f"/v2/models/tiny{version}/infer", json={"id": "a", "inputs": tensors(golden["rows"])})
    digest = verify(bundle).removeprefix("sha256:")
    rows = len(golden["rows"])
    output = {"name": "predictions", "datatype": "FP64", "shape": [rows], "data": golden["scores"]}
    assert answer.json() == {"model_name": "tiny", "model_version": digest, "id": "a", "outputs": [output]}
    assert answer.headers["x-bundle-digest"] == f"sha256:{digest}"


def test_scores_of_classes_are_a_tensor_of_two_dimensions(tmp_path: Path) -> None:
    client = Client(create(bundle := make_bundle(tmp_path / "bundle", "multiclass")))
    golden = json.loads((bundle / "golden.json").read_bytes())
    (output,) = client.post(INFER, json={"inputs": tensors(golden["rows"])}).json()["outputs"]
    assert output["shape"] == [len(golden["rows"]), 3]
    assert output["data"] == [value for row in golden["scores"] for value in row]
    assert client.get("/v2/models/tiny").json()["outputs"][0]["shape"] == [-1, 3]


def test_a_bad_row_among_good_ones_refuses_all_for_a_tensor_has_no_null(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle", requests=Requests(batch="rows"))
    golden = json.loads((bundle / "golden.json").read_bytes())
    rows = [golden["rows"][0] | {"visits": None}, golden["rows"][0]]
    refused = Client(create(bundle)).post(INFER, json={"inputs": tensors(rows)})
    problem = "row 0, visits: must not be null: the training data had no nulls here"
    assert (refused.status_code, refused.json()) == (
        400,
        {"error": f"1 problem in the rows of the request: {problem}"},
    )


def test_the_model_is_described(client: Client, bundle: Path) -> None:
    found = client.get("/v2/models/tiny").json()
    assert {each["name"]: each["datatype"] for each in found["inputs"]} == TYPES
    assert found["versions"] == [verify(bundle).removeprefix("sha256:")]
    assert client.get("/v2").json()["name"] == "mlops"
    assert client.get("/v2/models/tiny/ready").json() == {"name": "tiny", "ready": True}
    assert client.get("/v2/health/live").json() == {"live": True}


def test_a_server_that_drains_is_not_ready_and_lives(bundle: Path) -> None:
    client = Client(create(bundle, door=(door := Door())))
    door.draining = True
    paths = ("/v2/health/ready", "/v2/models/tiny/ready", "/v2/health/live")
    assert [client.get(path).status_code for path in paths] == [503, 503, 200]


@pytest.mark.parametrize("path", ["/v2/models/other", "/v2/models/tiny/versions/9/ready"])
def test_another_model_is_not_here(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.json()["error"].startswith("there is no ")
    assert client.post("/v2/models/other/infer", json={}).json() == {
        "error": "there is no model 'other' here, but tiny"
    }


NAMED = "input `age`"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"shape": [2, 2]}, f"{NAMED}: `shape` must be [rows] or [rows, 1], not [2, 2]: an input is a column"),
        ({"shape": "2"}, f"{NAMED}: `shape` must be a list of whole numbers, [rows] or [rows, 1]"),
        ({"shape": [3]}, f"{NAMED}: `shape` says 3 values, and `data` has 1"),
        ({"data": None}, f"{NAMED}: `data` must be a list"),
        ({"name": 3}, "each input must have a `name` of its own"),
        ({"name": "plan"}, "each input must have a `name` of its own"),
        (
            {"shape": [2], "data": [1, 2]},
            "the inputs must all have a value for each row: `visits` has 1 values and `age` 2",
        ),
        ({"parameters": [1]}, f"{NAMED}: `parameters` must be an object of texts, numbers and truths"),
        (
            {"parameters": {"binary_data_size": 8}},
            f"{NAMED}: binary tensors are not read: send `data` as JSON (tritonclient: binary_data=False)",
        ),
        (
            {"data": ["x"], "datatype": "BYTES"},
            "1 problem in the rows of the request: row 0, age: must be a number, not a string",
        ),
        (
            {"datatype": "BOOL"},
            f"{NAMED}: `datatype` must be one of INT64, BYTES, FP64, FP32, FP16, BF16, INT8, UINT8, INT16, UINT16, "
            "INT32, UINT32, UINT64",
        ),
    ],
)
def test_what_is_no_tensor_of_a_column_is_said(
    client: Client, golden: dict[str, Any], change: dict[str, Any], message: str
) -> None:
    given = tensors(golden["rows"][:1])
    given[0] |= change
    answer = client.post(INFER, json={"inputs": given})
    assert (answer.status_code, answer.json()) == (400, {"error": message})


def test_an_input_may_have_a_dimension_more(client: Client, golden: dict[str, Any]) -> None:
    given = tensors(golden["rows"][:2])
    for tensor in given:
        tensor |= {"shape": [2, 1], "data": [[value] for value in tensor["data"]]}
    assert client.post(INFER, json={"inputs": given}).json()["outputs"][0]["data"] == golden["scores"][:2]


def test_requests_beyond_the_limits_and_in_binary_are_refused(client: Client, golden: dict[str, Any]) -> None:
    many = client.post(INFER, json={"inputs": tensors(golden["rows"] * 4)})
    assert many.status_code == 413
    assert many.json()["error"] == "the request has 32 rows, and at most 20 are answered: send fewer at a time"
    binary = client.post(INFER, content=b"{}", headers={"Inference-Header-Content-Length": "2"})
    assert (binary.status_code, binary.json()["error"][:31]) == (415, "binary tensors are not read: se")
    wanted = client.post(INFER, json={"inputs": tensors(golden["rows"]), "outputs": [{"name": "x"}]})
    assert wanted.json() == {"error": "`outputs` may name predictions"}


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=3) | st.floats(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["inputs", "outputs", "name", "shape", "datatype", "data", "id"]), inner)
        ),
        max_leaves=20,
    )
)
def test_no_json_makes_it_fail(client: Client, body: Any) -> None:
    answer = client.post(INFER, content=json.dumps(body), headers={"content-type": "application/json"})
    assert answer.status_code in (400, 413)
    assert list(answer.json()) == ["error"]


def test_vertex_asks_where_its_environment_says(bundle: Path, golden: dict[str, Any]) -> None:
    paths = Paths.of({"AIP_HEALTH_ROUTE": "/alive", "AIP_PREDICT_ROUTE": "/v1/endpoints/1/deployedModels/2:predict"})
    client = Client(create(bundle, vertex=paths))
    assert client.get("/alive").json() == {"status": "ok"}
    for more in ({}, {"parameters": None}, {"parameters": {"client_id": "a"}}):
        answer = client.post(str(paths.predict), json={"instances": golden["rows"][:1], **more})
        assert answer.json() == {"predictions": golden["scores"][:1]}
    wrong = client.post(str(paths.predict), json={"instances": golden["rows"][:1], "parameters": {"k": 1}})
    assert wrong.json()["message"] == "params may hold `client_id` and nothing else"
    assert client.post(str(paths.predict), content=b"{").status_code == 400


def test_a_path_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Paths.of({"AIP_PREDICT_ROUTE": "predict/{x}"})
    assert caught.value.message == "the environment variable AIP_PREDICT_ROUTE is no path of a URL: 'predict/{x}'"
    assert caught.value.hint == "AIP_PREDICT_ROUTE=/predict"


def test_the_port_is_told_by_the_environment() -> None:
    assert port_of({}) is None
    assert port_of({"PORT": "9000", "AIP_HTTP_PORT": "8081"}) == 8081
    with pytest.raises(ConfigurationError) as caught:
        port_of({"PORT": "http"})
    assert (caught.value.message, caught.value.hint) == (
        "the environment variable PORT is no port: 'http'",
        "PORT=8080",
    )


def test_the_page_of_the_server_describes_what_it_answers(client: Client, golden: dict[str, Any]) -> None:
    import jsonschema

    page = client.get("/openapi.json").json()
    assert page["openapi"] == "3.1.0"
    asked = page["paths"]["/invocations"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    jsonschema.validate({"dataframe_records": golden["rows"]}, asked)
    jsonschema.validate({"inputs": [[row[name] for name in TYPES] for row in golden["rows"]]}, asked)
    inferred = page["paths"]["/v2/models/tiny/infer"]["post"]["responses"]["200"]["content"]["application/json"][
        "schema"
    ]
    said = client.post(INFER, json={"inputs": tensors(golden["rows"])}).json()
    jsonschema.validate(said, {**inferred, "components": page["components"]})
    gets = [path for path, verbs in page["paths"].items() if "get" in verbs and "{" not in path]
    assert {client.get(path).status_code for path in gets} == {200}
    names = [verb["operationId"] for verbs in page["paths"].values() for verb in verbs.values()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("path", ["/invocations", "/metrics", "/v2/models/tiny/infer"])
def test_a_page_that_needs_the_token_is_no_probe(path: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Paths.of({"AIP_HEALTH_ROUTE": path})
    assert (caught.value.message, caught.value.hint) == (
        f"the environment variable AIP_HEALTH_ROUTE names {path}, which says more than that the server lives",
        "AIP_HEALTH_ROUTE=/health",
    )


@pytest.mark.parametrize("path", ["/alive", "/ping"])
def test_a_path_of_probes_that_answers_rows_too_asks_for_the_token(
    path: str, bundle: Path, golden: dict[str, Any]
) -> None:
    guard = Guard("a-token-of-a-test-only")
    client = Client(Guarded(create(bundle, vertex=Paths("/alive", path)), guard, ("/alive",)))
    assert client.get(path).status_code == 200
    asked = {"instances": golden["rows"][:1]}
    assert client.post(path, json=asked).status_code == 401
    known = client.post(path, json=asked, headers={"authorization": "Bearer a-token-of-a-test-only"})
    assert known.json() == {"predictions": golden["scores"][:1]}
