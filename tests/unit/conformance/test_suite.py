"""The suite says of a right server that all holds, and of each planted fault which sentence does not.

docs/conformance.md types what is typed here.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from open_inference_conformance import specification, suite
from open_inference_conformance.__main__ import main
from open_inference_conformance.check import CHECKS
from open_inference_conformance.wire import Server, Unreachable

from tests.builders.adder import REQUEST, Reply, adder
from tests.builders.bundles import make_bundle
from tests.builders.served import served
from tests.unit.serve.test_dialects import tensors

INFER = "/v2/models/adder/infer"


def _failed(url: str, model: str = "adder", request: Any = None) -> dict[str, str]:
    return {each.check.name: each.words for each in suite.run(Server(url), model, request) if each.said == "fails"}


def test_a_right_server_holds_to_every_sentence() -> None:
    with adder() as url:
        found = suite.run(Server(url), "adder")
    assert {each.check.name: each.words for each in found if each.said != "holds"} == {}
    assert len(found) == len(CHECKS) == len({each.name for each in CHECKS})


def test_our_server_does_too(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle")
    rows = json.loads((bundle / "golden.json").read_bytes())["rows"]
    with served(bundle) as server:
        url = f"http://127.0.0.1:{server.port}"
        found = suite.run(Server(url), "tiny", {"inputs": tensors(rows)})
    odd = {each.check.name: (each.said, each.words) for each in found if each.said != "holds"}
    assert odd == {"infer-reads-nested-and-flat": ("does not apply", "no input has two dimensions")}


def _on(path: str, status: int | None = None, method: str = "GET", **changed: Any) -> Any:
    def fault(asked: str, place: str, sent: Any, reply: Reply) -> Reply:
        if (asked, place) != (method, path):
            return reply
        return (status or reply[0], reply[1] | changed if isinstance(reply[1], dict) else reply[1])

    return fault


def _answered(change: Any) -> Any:
    def fault(method: str, path: str, sent: Any, reply: Reply) -> Reply:
        if not path.endswith("/infer") or reply[0] != 200:
            return reply
        said = json.loads(json.dumps(reply[1]))
        change(said)
        return 200, said

    return fault


def _errors(status: int | None = None, body: Any = None) -> Any:
    def fault(method: str, path: str, sent: Any, reply: Reply) -> Reply:
        return reply if reply[0] < 400 else (status or reply[0], reply[1] if body is None else body)

    return fault


def _no_id(method: str, path: str, sent: Any, reply: Reply) -> Reply:
    return (
        (reply[0], {key: said for key, said in reply[1].items() if key != "id"}) if "error" not in reply[1] else reply
    )


def _answers_anything(method: str, path: str, sent: Any, reply: Reply) -> Reply:
    return (200, {"model_name": "adder", "outputs": []}) if method == "POST" else reply


WRONG = {check.name for check in CHECKS if check.name.startswith("refused: ")}
FAULTS = {
    "not live": (_on("/v2/health/live", 503), {"server-live", "server-live-body"}),
    "not ready": (_on("/v2/health/ready", 503), {"server-ready"}),
    "live says no": (_on("/v2/health/live", live=False), {"server-live-body"}),
    "another name": (_on("/v2/models/adder/ready", name="x"), {"model-ready-body"}),
    "no such version": (_on("/v2/models/adder/versions/1", 404), {"model-version-metadata"}),
    "version is not ready": (_on("/v2/models/adder/versions/1/ready", 503), {"model-version-ready"}),
    "extensions away": (_on("/v2", extensions=None), {"server-metadata"}),
    "renamed": (_on("/v2/models/adder", name="other"), {"model-metadata"}),
    "platform": (_on("/v2/models/adder", platform="mine"), {"model-platform"}),
    "no versions": (_on("/v2/models/adder", versions=None), {"model-metadata"}),
    "shape of -2": (
        _on("/v2/models/adder", outputs=[{"name": "sum", "datatype": "FP64", "shape": [-2]}]),
        {"model-shapes", "infer-returns-all-outputs"},
    ),
    "odd type": (
        _on("/v2/models/adder", outputs=[{"name": "sum", "datatype": "FLOAT", "shape": [-1]}]),
        {"model-datatypes", "infer-returns-all-outputs"},
    ),
    "id is lost": (_no_id, {"infer-returns-id"}),
    "another model answers": (_answered(lambda said: said.update(model_name="x")), {"infer"}),
    "another version answers": (_answered(lambda said: said.update(model_version="2")), {"infer-by-version"}),
    "an output is away": (
        _answered(lambda said: said.update(outputs=said["outputs"][:1])),
        {"infer-returns-all-outputs"},
    ),
    "shape does not fit": (
        _answered(lambda said: said["outputs"][0].update(shape=[3, 2])),
        {"infer-outputs-are-tensors"},
    ),
    "null in a tensor": (
        _answered(lambda said: said["outputs"][0]["data"].__setitem__(0, None)),
        {"infer", "infer-outputs-are-tensors"},
    ),
    "errors are the server's": (
        _errors(500),
        {
            *WRONG,
            "infer-null",
            "unknown-model-metadata",
            "infer-unknown-model",
            "infer-unknown-version",
            "infer-by-get",
        },
    ),
    "errors have no words": (
        _errors(body={"detail": "x"}),
        {*WRONG, "infer-null", "unknown-model-metadata", "infer-unknown-model", "infer-unknown-version"},
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told_at_its_sentence(name: str) -> None:
    fault, wanted = FAULTS[name]
    with adder(fault) as url:
        assert set(_failed(url)) == wanted


def test_a_server_that_answers_anything_passes_no_refusal() -> None:
    with adder(_answers_anything) as url:
        failed = _failed(url)
    assert set(failed) >= WRONG
    assert failed["refused: no inputs"].startswith("the status is 200, no error: ")


def test_whoever_falls_over_fails_what_comes_after() -> None:
    with adder() as url:
        server = Server(url)
        subject = suite.run(server, "adder")
    assert {each.said for each in subject} == {"holds"}
    with pytest.raises(Unreachable, match="Connection refused"):
        suite.run(server, "adder")


def test_the_shipped_openapi_is_the_published_one_with_its_repairs() -> None:
    paths = list(specification.document()["paths"])
    assert [path for path in paths if "$" in path or path.endswith("/")] == []
    assert len([path for path in paths if "{MODEL_VERSION}" in path]) == 3
    assert len([path for path in paths if "{MODEL_NAME}" in path and "{MODEL_VERSION}" not in path]) == 3
    of_adder = specification.of_model("adder", REQUEST)
    assert [*of_adder["paths"]] == [
        "/v2/health/live",
        "/v2/health/ready",
        "/v2/models/adder/ready",
        "/v2",
        "/v2/models/adder",
        "/v2/models/adder/infer",
    ]


def test_what_is_typed(tmp_path: Path) -> None:
    request = tmp_path / "request.json"
    request.write_text(json.dumps(REQUEST))
    with adder() as url:
        right = CliRunner().invoke(main, [url, "--model", "adder", "--request", str(request)])
        listed = CliRunner().invoke(main, [url, "--model", "adder", "-o", "json"])
        absent = CliRunner().invoke(main, [url, "--model", "x"])
    assert right.exit_code == 0
    assert right.stdout.splitlines()[-2:] == ["must: 48 of 48 hold, 0 fail", "should: 4 of 4 hold, 0 fail"]
    assert [each["said"] for each in json.loads(listed.stdout)] == ["holds"] * len(CHECKS)
    assert absent.exit_code == 2
    assert "the metadata of 'x' tells of no inputs: give a request that it should answer" in absent.stderr
    request.write_text("{}")
    none = CliRunner().invoke(main, [url, "--model", "adder", "--request", str(request)])
    assert (none.exit_code, "a request is" in none.stderr) == (2, True)
    with adder(_errors(500)) as url:
        assert CliRunner().invoke(main, [url, "--model", "adder"]).exit_code == 1
