"""Clients that keep a server waiting, over real sockets; what a server allows them is set low, and no test sleeps."""

from __future__ import annotations

import json
import select
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from mlops.blocks.limits import Limits
from mlops.serve.connection import Connection
from tests.builders.bundles import make_bundle
from tests.builders.served import Served, answer, invocation, request, served
from tests.builders.waiting import CEILING

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow  # sockets, processes, simulations or whole repositories

HALF = b"POST /invocations HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n"
SLOW = b'{"error_code": "REQUEST_TIMEOUT", "message": "the request came too slowly"}'


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("served") / "bundle")


def limits(**given: Any) -> Limits:
    """Limits that nothing reaches but what a test sets."""
    return Limits.model_validate({"header_seconds": 3600, "body_seconds": 3600, "idle_seconds": 3600} | given)


def whole_request_after(half: int, running: Served, bundle: Path) -> int:
    """Give the status of a whole request that comes after so many half ones."""
    with ExitStack() as stack:
        for _ in range(half):
            stack.enter_context(running.connect()).sendall(HALF)
        client = stack.enter_context(running.connect())
        client.sendall(invocation(bundle))
        return answer(client)[0]


def test_half_sent_requests_shut_nobody_out(bundle: Path) -> None:
    with served(bundle, limits(connections=4)) as running:
        assert whole_request_after(20, running, bundle) == 200
        _, _, text = running.ask("/metrics")
    assert b'mlops_serve_connections_closed_total{reason="crowded"} ' in text


def test_without_the_guard_they_do(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Connection, "patience", lambda _: None)
    with served(bundle, limits(connections=4)) as running:
        assert whole_request_after(20, running, bundle) == 503


@pytest.mark.parametrize("tick", [None, 3600.0], ids=["as it is", "a clock that does not move"])
def test_the_oldest_half_request_goes_first_and_an_idle_connection_after_all_of_them(
    bundle: Path, monkeypatch: pytest.MonkeyPatch, tick: float | None
) -> None:
    if tick is not None:
        told = Connection.patience
        monkeypatch.setattr(Connection, "patience", lambda one: (at := told(one)) and (at[0], tick, at[2]))
    with served(bundle, limits(connections=3)) as running, running.connect() as idle, running.connect() as oldest:
        idle.sendall(request("GET", "/ping"))
        assert answer(idle)[0] == 200
        oldest.sendall(HALF)
        with running.connect() as younger, running.connect() as newcomer:
            younger.sendall(HALF)
            assert select.select([oldest, younger], [], [], CEILING)[0] == [oldest]
            assert answer(oldest)[::2] == (408, SLOW)
            assert oldest.recv(1) == b""
            newcomer.sendall(request("GET", "/ping"))
            assert answer(newcomer)[0] == 200
            younger.sendall(b"\r\n{}       ")
            assert answer(younger)[0] == 400
            idle.sendall(request("GET", "/ping"))
            assert answer(idle)[0] == 200


@pytest.mark.parametrize("sent", [b"", b"POST /invocations HTTP/1.1\r\nhost:", HALF, HALF + b"\r\n{"])
def test_headers_and_bodies_that_do_not_come_end_in_408(bundle: Path, sent: bytes) -> None:
    with served(bundle, limits(header_seconds=0.05, body_seconds=0.05)) as running, running.connect() as client:
        client.sendall(sent)
        status, headers, body = answer(client)
        assert (status, headers["connection"], body) == (408, "close", SLOW)
        assert client.recv(1) == b""


@pytest.mark.parametrize("sent", [b"\r\n", b"P"])
def test_a_connection_that_was_answered_and_then_trickles_is_closed(bundle: Path, sent: bytes) -> None:
    with served(bundle, limits(header_seconds=0.05)) as running, running.connect() as client:
        client.sendall(request("GET", "/ping"))
        assert answer(client)[0] == 200
        client.sendall(sent)
        assert answer(client)[0] == 408


def test_a_body_that_is_refused_at_once_is_not_read_forever(bundle: Path) -> None:
    with served(bundle, limits(body_seconds=0.05, body_bytes=5)) as running, running.connect() as client:
        client.sendall(HALF + b"\r\n{")
        assert answer(client)[0] == 413
        assert client.recv(1) == b""


def test_an_idle_connection_is_closed(bundle: Path) -> None:
    with served(bundle, limits(idle_seconds=0.05)) as running, running.connect() as client:
        client.sendall(request("GET", "/ping"))
        assert answer(client)[0] == 200
        assert client.recv(1) == b""


@pytest.mark.slow
def test_an_answer_that_nobody_reads_is_abandoned(bundle: Path) -> None:
    with served(bundle, limits(answer_seconds=0.05)) as running, running.connect() as client:
        golden = json.loads((bundle / "golden.json").read_bytes())["rows"][:1]
        body = json.dumps({"dataframe_records": golden * 20_000}).encode()
        told = request("POST", "/invocations", "content-type: application/json", body=body)
        with pytest.raises(ConnectionError):
            while True:
                client.sendall(told)


@pytest.mark.parametrize(
    "headers", [["x: y"] * 12, ["x: " + "y" * 3000], ["x: " + "y" * 400_000]], ids=["many", "large", "larger"]
)
def test_too_many_or_too_large_headers_are_refused(bundle: Path, headers: list[str]) -> None:
    with served(bundle, limits(headers=10, header_bytes=2000)) as running:
        assert running.ask("/ping", "x: y")[0] == 200
        status, said, body = running.ask("/ping", *headers)
        assert (status, said["connection"]) == (431, "close")
        assert json.loads(body)["error_code"] == "HEADERS_TOO_LARGE"


@pytest.mark.parametrize(
    "asked",
    [
        {"dataframe_records": [{}] * 4},
        {"dataframe_split": {"columns": ["a"], "data": [[1]] * 4}},
        {"instances": {"a": [1] * 4}},
        {"inputs": [[1]] * 4},
    ],
)
def test_more_rows_than_the_limit_are_refused_before_they_are_looked_at(bundle: Path, asked: dict[str, Any]) -> None:
    with served(bundle, limits(rows=3)) as running, running.connect() as client:
        body = json.dumps(asked).encode()
        client.sendall(request("POST", "/invocations", "content-type: application/json", body=body))
        status, _, said = answer(client)
    assert (status, json.loads(said)) == (
        413,
        {
            "error_code": "PAYLOAD_TOO_LARGE",
            "message": "the request has 4 rows, and at most 3 are answered: send fewer at a time",
        },
    )


def test_sigterm_turns_unready_first_and_answers_what_still_comes(bundle: Path) -> None:
    with served(bundle, limits(drain_seconds=3600)) as running, running.connect() as kept, running.connect() as half:
        kept.sendall(request("GET", "/health"))
        assert answer(kept)[::2] == (200, b'{"status": "ok"}')
        half.sendall(HALF)
        running.terminate()
        assert running.ask("/health")[::2] == (503, b'{"status": "draining"}')
        assert running.ask("/ping")[0] == 200  # it lives: nobody is to kill it
        kept.sendall(invocation(bundle))
        status, headers, _ = answer(kept)
        assert (status, headers["connection"]) == (200, "close")
        running.terminate()  # a second one does not wait
        half.sendall(b"\r\n{}       ")
        assert answer(half)[0] == 400  # it was under way
        running.thread.join()


def test_a_drain_ends_by_itself(bundle: Path) -> None:
    with served(bundle, limits(drain_seconds=0.01)) as running:
        running.terminate()
        running.thread.join()
        assert not running.thread.is_alive()
