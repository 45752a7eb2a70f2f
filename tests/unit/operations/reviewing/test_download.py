"""Files that GitHub's API redirects to come without the token, in bounds, and whole."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from mlops.errors import InfrastructureError, IntegrityError
from mlops.operations.reviewing.github import Client, NoAnswer

DATA = b"0123456789" * 100


@contextmanager
def place(status: int, location: str = "/file", data: bytes = DATA) -> Iterator[tuple[str, list[tuple[str, Any]]]]:
    """Answer every path of the API with a status, and `/file` with data; give the address and what was asked."""
    asked: list[tuple[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, self.headers.get("Authorization")))
            here = self.path == "/file"
            self.send_response(200 if here else status)
            if not here and location:
                at = f"http://127.0.0.1:{self.server.server_port}" if location.startswith("/") else ""  # type: ignore[attr-defined]
                self.send_header("Location", at + location)
            self.send_header("Content-Length", str(len(data) if here else 0))
            self.end_headers()
            if here:
                self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def client(api: str) -> Client:
    return Client("shop/models", "secret", api, wait=lambda _: None)


def test_the_token_is_for_the_api_and_not_for_where_the_file_lies(tmp_path: Path) -> None:
    with place(302) as (api, asked):
        assert client(api).download("actions/artifacts/1/zip", tmp_path / "a", len(DATA))
    assert (tmp_path / "a").read_bytes() == DATA
    assert asked == [("/repos/shop/models/actions/artifacts/1/zip", "Bearer secret"), ("/file", None)]


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_gone_is_gone(status: int, tmp_path: Path) -> None:
    with place(status, "") as (api, _):
        assert not client(api).download("actions/artifacts/1/zip", tmp_path / "a", 10)
    assert not (tmp_path / "a").exists()


def test_more_than_allowed_is_refused(tmp_path: Path) -> None:
    with place(302) as (api, _), pytest.raises(IntegrityError) as caught:
        client(api).download("actions/artifacts/1/zip", tmp_path / "a", len(DATA) - 1)
    assert caught.value.message == "actions/artifacts/1/zip: longer than 999 bytes"


def test_a_place_that_is_not_encrypted_is_not_gone_to(tmp_path: Path) -> None:
    with place(302, "http://elsewhere.example/file") as (api, _), pytest.raises(InfrastructureError) as caught:
        client(api).download("actions/artifacts/1/zip", tmp_path / "a", 10)
    assert caught.value.message == ("actions/artifacts/1/zip lies at http://elsewhere.example: not an https address")


@pytest.mark.parametrize(("status", "times"), [(403, 1), (302, 1), (503, 4)])
def test_an_api_that_refuses_or_does_not_say_where_is_absent(status: int, times: int, tmp_path: Path) -> None:
    with place(status, "") as (api, asked), pytest.raises(InfrastructureError) as caught:
        client(api).download("actions/artifacts/1/zip", tmp_path / "a", 10)
    assert len(asked) == times
    assert isinstance(caught.value, NoAnswer) == (times > 1)
