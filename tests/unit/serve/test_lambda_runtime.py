"""A function of Lambda: what an event is answered, what its API is told, and that AWS's own client says the same."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from mlops.blocks.limits import Limits
from mlops.blocks.metrics_push import MetricsPush
from mlops.bundle.contents import Contents
from mlops.bundle.golden import Golden
from mlops.errors import ConfigurationError, InfrastructureError, IntegrityError
from mlops.serve import server
from mlops.serve.dialects import lambda_runtime
from mlops.serve.dialects.environment import LAMBDA
from mlops.serve.dialects.lambda_runtime import BadInvocation, Function
from tests.builders.bundles import make_bundle
from tests.builders.lambda_api import runtime_api
from tests.builders.waiting import CEILING
from tests.conftest import ROOT

CLOUD = ROOT / ".tools/cloud/bin/python"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("lambda") / "bundle")


@pytest.fixture(scope="module")
def golden(bundle: Path) -> Golden:
    return Golden.of(Contents.read(bundle))


@pytest.fixture(scope="module")
def function(bundle: Path) -> Iterator[Function]:
    with closing(server.function(bundle, limits=Limits(rows=20))) as made:
        yield made


def gateway(body: str = "", path: str = "/invocations", method: str = "POST", **more: Any) -> bytes:
    headers = {"Content-Type": "application/json", "X-Request-Id": "r-1"}
    context = {"http": {"method": method, "path": path}, "stage": "$default"}
    event = {"version": "2.0", "rawPath": path, "rawQueryString": "", "headers": headers, "requestContext": context}
    return json.dumps({**event, "body": body, "isBase64Encoded": False, **more}).encode()


def rows_of(golden: Golden) -> bytes:
    return json.dumps({"dataframe_records": golden.rows}).encode()


def test_an_invocation_is_a_body_and_gets_the_golden_scores_to_the_bit(function: Function, golden: Golden) -> None:
    assert json.loads(function(rows_of(golden)))["predictions"] == list(golden.scores)


def test_what_is_refused_is_an_error_with_the_servers_own_document(function: Function) -> None:
    with pytest.raises(BadInvocation) as refused:
        function(b'{"rows": []}')
    forms = "dataframe_split, dataframe_records, instances, inputs"
    assert json.loads(str(refused.value)) == {
        "error_code": "BAD_REQUEST",
        "message": f"the body must have exactly one of {forms}, not 'rows'",
    }
    with pytest.raises(BadInvocation, match="the body is not JSON"):
        function(b"{")
    with pytest.raises(BadInvocation, match="PAYLOAD_TOO_LARGE"):
        function(json.dumps({"instances": [{}] * 21}).encode())


@pytest.mark.parametrize("encoded", [False, True])
def test_a_request_of_api_gateway_is_answered_as_over_http(function: Function, golden: Golden, encoded: bool) -> None:
    body = rows_of(golden).decode()
    sent = base64.b64encode(body.encode()).decode() if encoded else body
    said = json.loads(function(gateway(sent, isBase64Encoded=encoded)))
    assert json.loads(said["body"])["predictions"] == list(golden.scores)
    assert (said["statusCode"], said["isBase64Encoded"]) == (200, False)
    assert said["headers"].keys() == {"content-type", "x-bundle-digest", "x-request-id"}
    assert said["headers"]["x-request-id"] == "r-1"


def test_other_pages_and_refusals_have_their_status(function: Function) -> None:
    def status(*event: Any, **more: Any) -> int:
        return int(json.loads(function(gateway(*event, **more)))["statusCode"])

    assert status("", "/ping", "GET") == 200
    assert status("", "/v2/health/ready", "GET") == 200
    assert status("{}") == 400
    assert status("", "/nowhere", "GET") == 404
    assert status("x", headers={"content-type": "text/plain"}) == 415
    stage = {"http": {"method": "GET", "path": "/live/ping"}, "stage": "live"}
    assert status("", "/live/ping", requestContext=stage) == 200


def test_other_formats_of_events_are_refused_in_words(function: Function) -> None:
    with pytest.raises(BadInvocation, match=r"^an event of payload format 1.0: let API Gateway send format 2.0"):
        function(json.dumps({"httpMethod": "POST", "requestContext": {}, "body": "{}"}).encode())
    for wrong in ({"requestContext": {}}, {"requestContext": 1}, json.loads(gateway("?", isBase64Encoded=True))):
        with pytest.raises(BadInvocation, match=r"that is not of payload format 2\.0"):
            function(json.dumps(wrong).encode())
    with pytest.raises(BadInvocation, match=r"^an event of API Gateway whose body holds half of a character$"):
        function(gateway("secret \ud800"))


def test_an_answer_that_lambda_does_not_pass_on_is_a_413(
    function: Function, golden: Golden, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lambda_runtime, "_MOST", 10)
    with pytest.raises(BadInvocation, match="larger than 10 bytes, which Lambda does not pass on: send fewer rows"):
        function(rows_of(golden))
    assert json.loads(function(gateway(rows_of(golden).decode())))["statusCode"] == 413


def test_each_answer_is_printed_before_it_is_given(
    bundle: Path, golden: Golden, capfd: pytest.CaptureFixture[str]
) -> None:
    with closing(server.function(bundle, log_format="ecs")) as made:
        made(rows_of(golden))
        (line,) = capfd.readouterr().out.splitlines()
    assert json.loads(line)["mlops"]["rows"] == len(golden.rows)


def test_the_api_gets_an_answer_for_each_event_and_an_error_for_what_is_refused(
    bundle: Path, golden: Golden, monkeypatch: pytest.MonkeyPatch
) -> None:
    with runtime_api(rows_of(golden), b"{}", gateway("", "/ping", "GET")) as api:
        monkeypatch.setenv(LAMBDA, api.address)
        with pytest.raises(InfrastructureError, match=r"gives no event: 410$"):
            server.serve(bundle)
    assert api.strict == []
    assert [kind for kind, _ in api.told.values()] == ["response", "error", "response"]
    assert api.told["0"][1]["predictions"] == list(golden.scores)
    assert api.told["1"][1]["errorType"] == "BadInvocation"
    assert api.told["1"][1]["stackTrace"] == []
    assert api.told["2"][1]["statusCode"] == 200


def test_a_bundle_that_is_another_keeps_the_function_from_starting(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with runtime_api(b"{}") as api:
        monkeypatch.setenv(LAMBDA, api.address)
        with pytest.raises(IntegrityError):
            server.serve(bundle, expected="sha256:" + "0" * 64)
    kind, told = api.told["init"]
    assert (kind, told["errorType"]) == ("error", "IntegrityError")
    assert "sha256:0000" in told["errorMessage"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"log": Path("x")}, "--log means nothing in a function of Lambda"),
        ({"token_from": "ASK"}, "--token-from means nothing in a function of Lambda"),
        ({"make": server.create}, "--follow means nothing in a function of Lambda"),
        ({"metrics": MetricsPush(otlp="https://x")}, "`metrics` means nothing in a function of Lambda"),
        ({"workers": 2}, "--workers means nothing in a function of Lambda"),
    ],
)
def test_what_a_function_has_no_place_for_is_refused(
    options: dict[str, Any], message: str, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(LAMBDA, "127.0.0.1:1")
    with pytest.raises(ConfigurationError) as refused:
        server.serve(bundle, **options)
    assert refused.value.message == message


def test_an_api_that_is_no_address_is_told(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LAMBDA, "127.0.0.1:port")
    with pytest.raises(ConfigurationError, match=r"^AWS_LAMBDA_RUNTIME_API is no HOST:PORT: '127\.0\.0\.1:port'$"):
        server.serve(bundle)


_BY_AWS = """
import sys
from pathlib import Path
from mlops.serve import server
handler = server.function(Path(sys.argv.pop())).handler
"""


@pytest.mark.slow
@pytest.mark.tools
def test_awslambdaric_takes_the_same_events_from_the_api_and_tells_it_the_same(
    bundle: Path, golden: Golden, tmp_path: Path
) -> None:
    if not CLOUD.exists():
        pytest.skip("awslambdaric is not installed: make cloud")
    shown = subprocess.run([CLOUD, "-c", "import sys; print(sys.path[-1])"], capture_output=True, text=True, check=True)
    (tmp_path / "ours.py").write_text(_BY_AWS.replace("sys.argv.pop()", repr(str(bundle))))
    paths = os.pathsep.join([str(tmp_path), *filter(None, sys.path), shown.stdout.strip()])
    events = (rows_of(golden), b"{}", gateway(rows_of(golden).decode()), gateway("", "/ping", "GET"))
    commands = {
        "theirs": [sys.executable, "-m", "awslambdaric", "ours.handler"],
        "ours": [sys.executable, "-m", "mlops", "serve", str(bundle)],
    }
    told: dict[str, dict[str, tuple[str, Any]]] = {}
    for name, command in commands.items():
        with runtime_api(*events) as api:
            environment = {**os.environ, "PYTHONPATH": paths, LAMBDA: api.address}
            environment |= {"LAMBDA_TASK_ROOT": str(tmp_path), "AWS_LAMBDA_FUNCTION_NAME": "churn-prod"}
            with subprocess.Popen(command, env=environment, stdout=-1, stderr=subprocess.STDOUT) as process:
                ended = api.done.wait(CEILING)
                process.kill()
                output = process.stdout.read().decode() if process.stdout else ""
        assert ended, output
        assert api.strict == []
        told[name] = api.told
    (_, theirs), (_, ours) = told["theirs"].pop("1"), told["ours"].pop("1")
    assert told["ours"] == told["theirs"]
    assert len(told["ours"]) == 3
    assert (ours["errorType"], ours["errorMessage"]) == (theirs["errorType"], theirs["errorMessage"])
