"""`mlops show --ask`: what servers say they serve, against what is to be live; real servers, over real sockets."""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydantic import ValidationError

from mlops.bundle.manifest import NAME
from mlops.cli.main import run
from mlops.configuration.endpoint import Endpoint
from mlops.files.canonical import digest_file
from mlops.operations.releasing.show import show
from tests.builders.bundles import make_bundle
from tests.builders.repositories import commit, git, make_repository
from tests.builders.served import served

pytestmark = pytest.mark.slow

TOKEN = "a-token-of-sixteen-or-more"
OTHER = f"sha256:{'b' * 64}"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("bundle") / "one")


def shop(folder: Path, url: str, bundle: str, more: str = "", name: str = "tiny") -> Path:
    root = make_repository(folder)
    (root / "conf/project.yaml").write_text(
        f"name: shop\nenvironments:\n  prod: {{endpoint: {{url: '{url}'{more}}}}}\n"
    )
    (root / f"conf/pipeline/{name}.yaml").write_text("# not read here\n")
    (root / "conf/release/prod").mkdir(parents=True)
    (root / f"conf/release/prod/{name}.yaml").write_text(f"bundle: {bundle}\n")
    git(folder.parent, "init", "-q", "-b", "main", str(root))
    commit(root, "Release")
    return root


def answers(root: Path) -> tuple[str, int]:
    shown = show(root, asked=True)
    return shown.live[0].answers, shown.code


def test_it_agrees_or_something_else_is_served(bundle: Path, tmp_path: Path) -> None:
    digest = digest_file(bundle / NAME)
    with served(bundle) as server:
        address = f"http://127.0.0.1:{server.port}"
        assert answers(shop(tmp_path / "a", address, digest)) == ("agrees", 0)
        assert answers(shop(tmp_path / "b", f"{address}/", OTHER)) == (f"differs: it serves {digest[:19]}", 3)
        other = shop(tmp_path / "c", address, digest, name="churn")
        assert answers(other) == ("differs: it serves tiny", 3)
        assert show(other).live[0].answers == ""
        assert answers(shop(tmp_path / "d", f"{address}/{{name}}", digest)) == ("no answer: 404 Not Found", 6)


def test_it_is_asked_with_the_token_that_is_named(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELS_TOKEN", TOKEN)
    digest = digest_file(bundle / NAME)
    with served(bundle, token_from="MODELS_TOKEN") as server:
        address = f"http://localhost:{server.port}"
        assert answers(shop(tmp_path / "a", address, digest)) == ("no answer: 401 Unauthorized", 6)
        told = shop(tmp_path / "b", address, digest, ", token_from: MODELS_TOKEN")
        assert answers(told) == ("agrees", 0)
        monkeypatch.delenv("MODELS_TOKEN")
        why = "the token of the server is to be in the environment variable MODELS_TOKEN, and nothing is there"
        assert answers(told) == (f"no answer: {why}", 6)


@contextmanager
def speaking(status: int, body: bytes, **headers: str) -> Iterator[str]:
    """Say the same to everybody."""

    class Speaker(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for key, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Speaker) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (200, b"<html>", "no answer: it is no JSON"),
        (200, b'"yes"', "no answer: who answers is no server of ours"),
        (200, b'{"pipeline": "tiny"}', "no answer: who answers is no server of ours"),
        (200, b'{"pipeline": "tiny", "bundle": "' + b"a" * 70_000, "no answer: it is no JSON"),
        (200, b"[" * 60_000, "no answer: it is no JSON"),
        (200, b'{"pipeline": "\\u001b[2J", "bundle": "x"}', "no answer: who answers is no server of ours"),
        (503, b"", "no answer: 503 Service Unavailable"),
    ],
)
def test_what_is_no_server_of_ours_is_no_answer(status: int, body: bytes, told: str, tmp_path: Path) -> None:
    with speaking(status, body) as address:
        assert answers(shop(tmp_path / "a", address, OTHER)) == (told, 6)


def test_what_a_server_says_of_its_error_does_nothing_to_a_terminal(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def speak() -> None:
            with server.accept()[0] as client:
                client.recv(1 << 16)
                client.sendall(b"HTTP/1.1 503 \x1b[2J\r\ncontent-length: 0\r\n\r\n")

        thread = threading.Thread(target=speak)
        thread.start()
        told = answers(shop(tmp_path / "a", f"http://127.0.0.1:{server.getsockname()[1]}", OTHER))
        thread.join()
    assert told == ("no answer: 503 ?[2J", 6)


def test_a_token_is_taken_nowhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELS_TOKEN", TOKEN)
    with speaking(200, b'{"pipeline": "tiny", "bundle": "x"}') as there, speaking(302, b"", Location=there) as here:
        root = shop(tmp_path / "a", here, OTHER, ", token_from: MODELS_TOKEN")
        assert answers(root) == ("no answer: 302 Found", 6)


def test_nobody_there_is_a_sentence_in_a_table(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with served(bundle) as server:
        port = server.port
    root = shop(tmp_path / "a", f"http://127.0.0.1:{port}", OTHER)
    monkeypatch.chdir(root)
    assert run(["show", "--ask"]) == 6
    told = capsys.readouterr().out.splitlines()
    assert told[0].split()[-2:] == ["registry", "servers"]
    assert told[1].endswith("no answer: connection refused")


def test_what_differs_says_what_to_do(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with served(bundle) as server:
        monkeypatch.chdir(shop(tmp_path / "a", f"http://127.0.0.1:{server.port}", OTHER))
        assert run(["show", "--ask"]) == 3
    assert "hint: whoever serves tiny in prod takes what is to be live when it starts anew" in capsys.readouterr().err


@pytest.mark.parametrize(
    "url",
    [
        "http://models.shop.example",
        "ftp://x",
        "https://",
        "https://user:secret@models.shop.example",
        "https://x/?token=1",
        "https://x/#a",
        "https://x:99999",
        "//x",
    ],
)
def test_an_address_carries_no_secret_and_is_encrypted(url: str) -> None:
    with pytest.raises(ValidationError, match="an address is `https://HOST/PATH`, or `http://` on this machine"):
        Endpoint(url=url)


def test_an_address_names_the_pipeline() -> None:
    assert Endpoint(url="https://models.shop.example/{name}/").of("churn") == "https://models.shop.example/churn"


def test_where_no_environment_is_declared_nobody_can_be_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/project.yaml").write_text("name: shop\n")
    monkeypatch.chdir(tmp_path)
    assert run(["show", "--ask"]) == 4
    assert capsys.readouterr().err == (
        "no environment is declared, so that no server is known which could be asked\n"
        "hint: write `environments: {prod: {endpoint: {url: https://…}}}` into conf/project.yaml\n"
    )
