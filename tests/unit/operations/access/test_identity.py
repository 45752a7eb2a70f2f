"""The identity of a CI job, against a stand-in for GitHub's token endpoint on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from mlops.cli.main import run
from mlops.configuration.cloud import Aws, Azure, Gcp
from mlops.documents.signed_in import SignedIn
from mlops.errors import ConfigurationError, InfrastructureError
from mlops.operations.access.identity import cloud_of, files_of, take_identity

TOKEN = "head.body.signature"
AWS = Aws(kind="aws", role="arn:aws:iam::123456789012:role/mlops", region="eu-central-1")
POOL = "projects/12/locations/global/workloadIdentityPools/github/providers/actions"
GCP = Gcp(kind="gcp", provider=POOL, account="mlops@shop.iam.gserviceaccount.com")
GUID = "00000000-0000-0000-0000-000000000001"
AZURE = Azure(kind="azure", tenant=GUID, client=GUID)


@dataclass
class Endpoint:
    url: str = ""
    audiences: list[str] = field(default_factory=list)
    refusals: list[int] = field(default_factory=list)
    answer: bytes = json.dumps({"value": TOKEN}).encode()

    @property
    def environment(self) -> dict[str, str]:
        return {"ACTIONS_ID_TOKEN_REQUEST_URL": f"{self.url}/token?v=2", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "bearer"}


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    state = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.headers["Authorization"] == "Bearer bearer"
            state.audiences += parse_qs(urlsplit(self.path).query)["audience"]
            code = state.refusals.pop(0) if state.refusals else 200
            self.send_response(code)
            self.send_header("Content-Length", str(len(state.answer)))
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.end_headers()
            self.wfile.write(state.answer)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield state
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("cloud", "audience"),
    [(AWS, "sts.amazonaws.com"), (GCP, f"https://iam.googleapis.com/{POOL}"), (AZURE, "api://AzureADTokenExchange")],
)
def test_a_token_is_for_one_cloud_and_only_its_owner_reads_it(
    cloud: Aws | Gcp | Azure, audience: str, endpoint: Endpoint, tmp_path: Path
) -> None:
    assert take_identity(cloud, tmp_path / "id", endpoint.environment) == TOKEN
    assert endpoint.audiences == [audience]
    assert (tmp_path / "id" / "token").read_text() == TOKEN
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "id").iterdir()} == {0o600}
    assert tuple(sorted(path.name for path in (tmp_path / "id").iterdir())) == files_of(cloud)
    assert (tmp_path / "id" / "credentials.json").exists() is isinstance(cloud, Gcp)


def test_googles_library_asks_for_a_new_token_itself(endpoint: Endpoint, tmp_path: Path) -> None:
    take_identity(GCP, tmp_path, endpoint.environment)
    value = json.loads((tmp_path / "credentials.json").read_text())
    assert value["type"] == "external_account"
    assert value["audience"] == f"//iam.googleapis.com/{POOL}"
    assert value["credential_source"]["url"].startswith(f"{endpoint.url}/token?v=2&audience=https%3A%2F%2Fiam")
    assert value["service_account_impersonation_url"].endswith(
        "/mlops@shop.iam.gserviceaccount.com:generateAccessToken"
    )


def test_an_older_file_that_others_may_read_is_replaced(endpoint: Endpoint, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("old")
    (tmp_path / "token").chmod(0o644)
    take_identity(AWS, tmp_path, endpoint.environment)
    assert (tmp_path / "token").stat().st_mode & 0o777 == 0o600


def test_a_moment_without_an_answer_is_waited_for(endpoint: Endpoint, tmp_path: Path) -> None:
    endpoint.refusals = [503, 429]
    waited: list[float] = []
    assert take_identity(AWS, tmp_path, endpoint.environment, waited.append) == TOKEN
    assert waited == [1.0, 2.0]


@pytest.mark.parametrize(
    ("refusals", "answer", "message"),
    [
        ([403], b"{}", "127.0.0.1 refuses an identity: HTTP 403"),
        ([302], b"{}", "127.0.0.1 refuses an identity: HTTP 302"),
        ([500] * 4, b"{}", "127.0.0.1 did not answer: HTTP 500"),
        ([], b'{"value": ""}', "127.0.0.1 answered without a token"),
        ([], b"[]", "127.0.0.1 answered without a token"),
    ],
)
def test_no_identity_is_no_file(
    refusals: list[int], answer: bytes, message: str, endpoint: Endpoint, tmp_path: Path
) -> None:
    endpoint.refusals, endpoint.answer = refusals, answer
    with pytest.raises(InfrastructureError) as caught:
        take_identity(AWS, tmp_path / "id", endpoint.environment, lambda _: None)
    assert caught.value.message == message
    assert not (tmp_path / "id").exists()


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({}, "GitHub gives this job no identity"),
        (
            {"ACTIONS_ID_TOKEN_REQUEST_URL": "http://evil.example/t", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "x"},
            "http://evil.example: not an https address",
        ),
        (
            {"ACTIONS_ID_TOKEN_REQUEST_URL": "file://localhost/etc/passwd", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "x"},
            "file://localhost: not an https address",
        ),
    ],
)
def test_a_job_without_the_right_is_told_so(environment: dict[str, str], message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        take_identity(AWS, tmp_path, environment)
    assert caught.value.message == message


def test_a_pull_requests_job_is_who_the_reader_is(tmp_path: Path) -> None:
    role = "arn:aws:iam::123456789012:role/reads"
    (tmp_path / "conf").mkdir()
    text = f'name: shop\nci: {{reader: {{cloud: {{kind: aws, role: "{role}", region: eu-west-1}}}}}}\n'
    (tmp_path / "conf" / "project.yaml").write_text(text)
    cloud = cloud_of(tmp_path, "mlops-read")
    assert isinstance(cloud, Aws)
    assert cloud.role == role


def test_the_job_that_pushes_is_who_the_writer_is(tmp_path: Path) -> None:
    (tmp_path / "conf").mkdir()
    project = tmp_path / "conf" / "project.yaml"
    role = "arn:aws:iam::123456789012:role/writes"
    project.write_text(f'name: shop\nci: {{writer: {{kind: aws, role: "{role}", region: eu-west-1}}}}\n')
    cloud = cloud_of(tmp_path, None, writer=True)
    assert isinstance(cloud, Aws)
    assert cloud.role == role
    project.write_text("name: shop\n")
    with pytest.raises(ConfigurationError) as caught:
        cloud_of(tmp_path, None, writer=True)
    assert caught.value.message == "`ci.writer` names no cloud"


@pytest.mark.parametrize(
    ("name", "message"),
    [("prod", "`environments.prod` names no cloud"), ("dev", "there is no environment `dev`"),
     (None, "`ci` names no cloud")],
)  # fmt: skip
def test_a_cloud_that_is_not_declared_is_not_guessed(name: str | None, message: str, tmp_path: Path) -> None:
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "project.yaml").write_text("name: shop\nenvironments: {prod: {}}\n")
    with pytest.raises(ConfigurationError) as caught:
        cloud_of(tmp_path, name)
    assert caught.value.message == message


@pytest.mark.parametrize(("form", "printed"), [("text", False), ("json", True)])
def test_the_verb_tells_which_files_it_wrote_and_never_the_token(
    form: str,
    printed: bool,
    endpoint: Endpoint,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "project.yaml").write_text(f'name: shop\nci: {{cloud: {{kind: gcp, provider: "{POOL}"}}}}\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    for name, value in endpoint.environment.items():
        monkeypatch.setenv(name, value)
    assert run(["identity", "--into", "id", "-o", form]) == 0
    told, said = capsys.readouterr()
    mask = f"::add-mask::{TOKEN}\n"
    assert (mask in said, mask in told) == (printed, not printed), "GitHub strikes it out of either"
    assert said.endswith("signed in for gcp\n")
    if printed:
        found = SignedIn.parse(told.encode())
        assert found == SignedIn(cloud="gcp", files=("id/credentials.json", "id/token"))
        assert all((tmp_path / file).is_file() for file in found.files)
