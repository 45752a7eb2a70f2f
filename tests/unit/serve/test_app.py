from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops.blocks.limits import Limits
from mlops.bundle.contents import verify
from mlops.bundle.manifest import seal
from mlops.bundle.predictor import Predictor
from mlops.errors import IntegrityError
from mlops.serve.app import create
from mlops.serve.door import Door
from mlops.stages.tables import scored
from tests.builders.bundles import make_bundle, make_frame, make_model, make_predictor
from tests.builders.client import Client

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

JSON = {"content-type": "application/json"}
GOOD = {
    "age": 40.5,
    "visits": 3,
    "insured": True,
    "plan": "basic",
    "joined": "2020-02-29",
    "seen": "2020-05-01T08:00:00",
}


async def in_chunks() -> AsyncIterator[bytes]:
    for _ in range(3):
        yield b"[" * 100_000


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("served") / "bundle")


@pytest.fixture(scope="module")
def client(bundle: Path) -> Client:
    return Client(create(bundle, door=Door(Limits(body_bytes=200_000, rows=1_000))))


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_golden_rows_get_exactly_the_offline_scores(tmp_path: Path, task: str) -> None:
    bundle = make_bundle(tmp_path / "bundle", task)
    client = Client(create(bundle))
    golden = json.loads((bundle / "golden.json").read_bytes())
    together = client.post("/invocations", json={"dataframe_records": golden["rows"]})
    assert together.json() == {"predictions": golden["scores"]}
    assert together.headers["x-bundle-digest"] == verify(bundle)
    for row, score in zip(golden["rows"], golden["scores"], strict=True):
        split = {"columns": list(row), "data": [list(row.values())]}
        assert client.post("/invocations", json={"dataframe_split": split}).json() == {"predictions": [score]}


def test_a_large_body_is_answered_like_a_small_one(bundle: Path, client: Client) -> None:
    rows = [GOOD | {"visits": index} for index in range(1000)]
    answer = client.post("/invocations", json={"instances": rows}).json()["predictions"]
    assert answer == Predictor.open(bundle).predict_rows(rows).tolist()


def test_a_bad_row_is_named(client: Client) -> None:
    rows = [GOOD, GOOD, GOOD, GOOD | {"visits": "three", "x": 1}]
    response = client.post("/invocations", json={"dataframe_records": rows})
    assert response.status_code == 400
    assert response.json() == {
        "error_code": "BAD_REQUEST",
        "message": "2 problems in the rows of the request",
        "problems": [
            {"row": 3, "field": "visits", "problem": "must be a whole number, not a string"},
            {"row": 3, "field": "x", "problem": "is not a field of this model"},
        ],
    }


def test_many_problems_are_cut_short(client: Client) -> None:
    body = client.post("/invocations", json={"dataframe_records": [{}] * 100}).json()
    assert body["message"] == "600 problems in the rows of the request, the first 20 are listed"
    assert len(body["problems"]) == 20


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"content-type": "text/csv; header=absent"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ({"content-type": "text/csv; charset=rot13"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ({"content-type": "text/csv"}, 400, "BAD_REQUEST"),
        ({}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ({"content-type": "Application/JSON; charset=utf-8"}, 400, "BAD_REQUEST"),
    ],
)
def test_only_json_and_csv_are_read(client: Client, headers: dict[str, str], status: int, code: str) -> None:
    response = client.post("/invocations", content=b"a,b\n1,2\n", headers=headers)
    assert (response.status_code, response.json()["error_code"]) == (status, code)


def test_a_body_over_the_limit_is_not_read(client: Client) -> None:
    assert client.post("/invocations", content=b"[" * 200_001, headers=JSON).status_code == 413
    chunked = client.post("/invocations", content=in_chunks(), headers=JSON)
    assert chunked.status_code == 413
    assert chunked.json()["message"] == "the body is larger than 200,000 bytes: send fewer rows at a time"


@pytest.mark.parametrize("path", ["/ping", "/health"])
def test_health_is_answered(client: Client, path: str) -> None:
    response = client.get(path)
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_the_version_names_the_bundle(bundle: Path, client: Client) -> None:
    assert client.get("/version").json() == {
        "bundle": verify(bundle),
        "pipeline": "tiny",
        "task": "binary",
        "classes": [False, True],
    }


def test_the_schema_accepts_the_golden_rows(bundle: Path, client: Client) -> None:
    import jsonschema

    rows = json.loads((bundle / "golden.json").read_bytes())["rows"]
    jsonschema.validate({"dataframe_records": rows}, client.get("/schema").json())


def test_unknown_paths_and_methods_are_json_too(client: Client) -> None:
    assert client.get("/nothing").json()["error_code"] == "NOT_FOUND"
    response = client.get("/invocations")
    assert (response.status_code, response.json()["error_code"]) == (405, "METHOD_NOT_ALLOWED")


def test_nobody_is_sent_elsewhere_for_a_slash(bundle: Path, client: Client) -> None:
    said = client.post("/invocations/", json={"inputs": []})
    assert (said.status_code, said.json()["error_code"]) == (404, "NOT_FOUND")


def test_a_tampered_bundle_is_not_served(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle")
    (bundle / "profile.json").write_text("# Other")
    with pytest.raises(IntegrityError, match=r"profile\.json"):
        create(bundle)


def test_another_bundle_than_expected_is_not_served(bundle: Path) -> None:
    with pytest.raises(IntegrityError, match="but must be sha256:00"):
        create(bundle, expected="sha256:" + "0" * 64)


@pytest.mark.parametrize("planted", ["scale", "order", "model"])
def test_a_skewed_bundle_with_a_true_manifest_fails_its_golden_rows(tmp_path: Path, planted: str) -> None:
    bundle = make_bundle(tmp_path / "bundle")
    recipe = json.loads((bundle / "transform.json").read_bytes())
    if planted == "scale":
        recipe["numbers"][0]["scale"] *= 2
    elif planted == "order":
        recipe["categories"][0]["levels"].reverse()
        recipe |= {"features": None}
    else:
        width = len(recipe["features"])
        (bundle / "model.onnx").write_bytes(make_model((width,), seed=7))
    (bundle / "transform.json").write_text(json.dumps(recipe))
    seal(bundle, "tiny", "binary")
    with pytest.raises(IntegrityError, match="golden rows score otherwise"):
        create(bundle)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates().map(str),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(sorted(GOOD)) | st.text(max_size=4), inner)
    ),
    max_leaves=12,
)
ROW = st.fixed_dictionaries({name: st.just(value) | VALUES for name, value in GOOD.items()})
FORM = st.sampled_from(["dataframe_records", "dataframe_split", "instances", "inputs", "params", "x"])
BODIES = st.one_of(
    VALUES,
    st.dictionaries(FORM, VALUES, max_size=2),
    st.fixed_dictionaries({"dataframe_records": st.lists(ROW, max_size=4)}),
    st.builds(lambda row: {"dataframe_split": {"columns": list(row), "data": [list(row.values())]}}, ROW),
    st.fixed_dictionaries({"inputs": st.dictionaries(st.sampled_from(sorted(GOOD)), st.lists(VALUES, max_size=2))}),
)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(body=BODIES)
def test_no_json_makes_the_server_fail(client: Client, body: Any) -> None:
    response = client.post("/invocations", content=json.dumps(body), headers=JSON)
    assert response.status_code in (200, 400)
    assert set(response.json()) <= {"predictions", "error_code", "message", "problems"}


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(body=st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-16")))
def test_no_bytes_make_the_server_fail(client: Client, body: bytes) -> None:
    assert client.post("/invocations", content=body, headers=JSON).status_code in (200, 400)


def test_the_builder_predicts_what_its_bundle_predicts(bundle: Path) -> None:
    frame = make_frame(10, seed=8)
    assert scored(Predictor.open(bundle), frame).tolist() == scored(make_predictor(), frame).tolist()
