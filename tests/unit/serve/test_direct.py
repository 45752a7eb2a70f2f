"""What is answered directly is answered as the ordinary way would, alone or with others, and in order."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops.blocks.batch import Batch
from mlops.bundle.bound_model import BoundModel
from mlops.bundle.predictor import Predictor
from mlops.errors import IntegrityError
from mlops.serve import spelling
from mlops.serve.bad_request import BadRequest
from mlops.serve.connection import Connection
from mlops.serve.direct import INLINE
from mlops.serve.invocations import answer
from mlops.serve.server import prepare
from tests.builders.bundles import make_bundle
from tests.builders.directly import Directly
from tests.builders.mixed import KEPT, rows_of
from tests.builders.served import answer as read
from tests.builders.served import invocation, request, served
from tests.builders.waiting import CEILING
from tests.kept.make import unpack

JSON = "content-type: application/json"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("direct") / "bundle")


@pytest.mark.slow  # thirteen kinds
@pytest.mark.parametrize("kept", KEPT, ids=lambda kept: kept.stem)
def test_a_row_has_the_bits_that_it_has_alone_in_any_batch(kept: Path, tmp_path: Path) -> None:
    bundle = unpack(kept, tmp_path / "bundle")
    directly, alone = Directly(bundle), Predictor.open(bundle)

    @settings(max_examples=25, deadline=None)
    @given(
        st.lists(st.lists(rows_of(bundle), min_size=1, max_size=5), min_size=1, max_size=9),
        st.integers(1, 64),
        st.sets(st.integers(0, 8)),
    )
    def holds(requests: list[list[Any]], rows: int, turns: set[int]) -> None:
        directly.batched(Batch(rows=rows))
        clients = []
        for number, asked in enumerate(requests):
            clients.append(directly.send(json.dumps({"dataframe_records": asked}).encode()))
            if number in turns:
                directly.loop.turn()
        directly.loop.turn()
        for asked, client in zip(requests, clients, strict=True):
            (said,) = client.told
            each = [json.loads(answer(alone, json.dumps({"inputs": [row]}).encode())) for row in asked]
            assert json.loads(said.content) == {key: [one[key][0] for one in each] for key in each[0]}

    holds()


BODIES = st.one_of(
    st.binary(max_size=20),
    st.sampled_from(["dataframe_records", "instances", "inputs", "rows"]).flatmap(
        lambda form: st.fixed_dictionaries(
            {form: st.lists(st.sampled_from([{"age": 1}, 3, None]), max_size=2)},
            optional={"params": st.sampled_from([{}, {"client_id": ["a"]}, {"b": 1}])},
        )
    ),
)


@pytest.mark.slow
def test_whatever_is_sent_is_answered_as_the_ordinary_way_does(bundle: Path) -> None:
    directly, predictor = Directly(bundle), Predictor.open(bundle)
    golden = json.loads((bundle / "golden.json").read_bytes())["rows"]
    value = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3)
    rows = st.lists(
        st.sampled_from(golden)
        | st.fixed_dictionaries({name: st.just(golden[0][name]) | value for name in golden[0]}, optional={"x": value}),
        max_size=4,
    )
    names = list(golden[0])
    forms = st.sampled_from(["dataframe_records", "instances", "inputs"]).flatmap(
        lambda form: st.fixed_dictionaries(
            {form: rows}, optional={"params": st.sampled_from([{}, {"client_id": "a"}, {"b": 1}, None])}
        )
    )
    split = rows.map(
        lambda drawn: {"dataframe_split": {"columns": names, "data": [[row[name] for name in names] for row in drawn]}}
    )

    @settings(max_examples=200, deadline=None)
    @given(BODIES | forms | split)
    def holds(asked: Any) -> None:
        body = asked if isinstance(asked, bytes) else json.dumps(asked).encode()
        client = directly.send(body)
        directly.loop.turn()
        (said,) = client.told
        try:
            assert (said.status, said.content) == (200, answer(predictor, body))
        except BadRequest as bad:
            assert (said.status, json.loads(said.content)["message"]) == (bad.status, bad.message)
            assert said.refused == bad.refused

    holds()


def test_large_bodies_are_answered_directly_while_those_before_were_quick(bundle: Path) -> None:
    directly = Directly(bundle)
    rows = json.loads((bundle / "golden.json").read_bytes())["rows"] * 60
    body, bad = (json.dumps({"inputs": given}).encode() for given in (rows, [*rows, {"age": "x"}]))
    assert len(body) > INLINE
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    assert directly.direct.begin(headers) is None  # nobody knows yet
    for sent in (body, bad):
        client = directly.send(sent)
        (said,) = client.told
        try:
            assert (said.status, said.content) == (200, answer(directly.answering.predictor, sent))
        except BadRequest as wrong:
            assert (said.status, json.loads(said.content)["message"]) == (400, wrong.message)
    directly.answering.pace = 0.001 / len(body)
    assert directly.direct.begin(headers) is not None
    directly.answering.pace = 0.1 / len(body)
    assert directly.direct.begin(headers) is None
    assert directly.direct.begin([headers[0], (b"content-length", b"%d" % (1 << 30))]) is None


@given(st.lists(st.lists(st.floats(width=32, allow_nan=False), min_size=2, max_size=2), min_size=1, max_size=4))
def test_numbers_are_spelt_as_json_spells_their_doubles(scores: list[list[float]]) -> None:
    for made in (np.array(scores, dtype=np.float32), np.array(scores, dtype=np.float32)[:, 0]):
        if np.isfinite(made).all():
            wanted = json.dumps({"predictions": made.tolist()}, separators=(",", ":")).encode()
            assert spelling.answer(made, None) == wanted


def test_requests_that_wait_are_scored_together_and_no_more_of_them_than_are_asked_for(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directly = Directly(bundle, Batch(rows=4))
    sizes: list[int] = []
    score = directly.direct._small.score
    monkeypatch.setattr(
        directly.direct._small, "score", lambda taken: (sizes.append(sum(one.rows for one in taken)), score(taken))[1]
    )
    golden = json.loads((bundle / "golden.json").read_bytes())["rows"]
    clients = [directly.send(json.dumps({"inputs": golden[:rows]}).encode()) for rows in (1, 2, 2, 1, 1, 6, 1)]
    assert [len(client.told) for client in clients] == [1, 1, 1, 1, 1, 1, 0]
    directly.loop.turn()
    assert sizes == [3, 4, 6, 1]
    assert [client.told[0].scored for client in clients] == [1, 2, 2, 1, 1, 6, 1]


def test_a_runtime_that_does_not_write_into_our_array_is_found_before_anybody_is_answered(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BoundModel, "score", lambda bound: np.full(len(bound.x), 0.5, dtype=np.float32))
    with pytest.raises(IntegrityError) as caught:
        prepare(bundle)
    assert caught.value.message == "golden rows score otherwise in a small batch than elsewhere"


def test_a_mistake_of_ours_is_answered_by_500_and_its_neighbours_as_ever(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directly = Directly(bundle, Batch(rows=8))
    row = json.loads((bundle / "golden.json").read_bytes())["rows"][0]
    good = directly.send(json.dumps({"inputs": [row]}).encode())

    def broken(*_: Any) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr(directly.direct._small, "score", broken)
    directly.loop.turn()
    assert good.told[0].status == 200
    monkeypatch.setattr(directly.answering, "fill", broken)
    told: list[Exception] = []
    logger = logging.getLogger("uvicorn.error")
    monkeypatch.setattr(logger, "error", lambda *_, exc_info: told.append(exc_info))
    bad = directly.send(b"{}")
    assert (bad.told[0].status, bad.told[0].content) == (
        500,
        b'{"error_code": "INTERNAL_ERROR", "message": "the server made a mistake; its log says which"}',
    )
    assert [str(error) for error in told] == ["planted"]


@pytest.mark.slow
def test_clients_at_the_same_time_are_answered_as_one_alone(bundle: Path) -> None:
    golden = json.loads((bundle / "golden.json").read_bytes())
    wrong: list[Any] = []

    def ask(first: int) -> None:
        with running.connect() as client:
            for number in range(60):
                place = (first + number) % len(golden["rows"])
                body = json.dumps({"dataframe_records": [golden["rows"][place]]}).encode()
                client.sendall(request("POST", "/invocations", JSON, body=body))
                said = read(client)
                if json.loads(said[2]) != {"predictions": [golden["scores"][place]]}:
                    wrong.append(said)

    with served(bundle, batch=Batch(rows=5, wait_seconds=0.0005)) as running:
        threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


@pytest.mark.slow
@pytest.mark.parametrize("wait", [0, 0.01])
def test_pipelined_requests_are_answered_in_their_order(bundle: Path, wait: float) -> None:
    golden = json.loads((bundle / "golden.json").read_bytes())
    told = b""
    for row in golden["rows"][:4]:
        body = json.dumps({"dataframe_records": [row]}).encode()
        told += request("POST", "/invocations", JSON, body=body) + request("GET", "/ping")
    with served(bundle, batch=Batch(rows=64, wait_seconds=wait)) as running, running.connect() as client:
        client.sendall(told)
        left = b""
        while left.count(b"}") < 8:
            left += client.recv(1 << 16)
    scores = [part[: part.index(b"}") + 1] for part in left.split(b"\r\n\r\n")[1:]]
    wanted = [json.dumps({"predictions": [score]}, separators=(",", ":")).encode() for score in golden["scores"][:4]]
    assert scores == [each for score in wanted for each in (score, b'{"status": "ok"}')]


@pytest.mark.slow
def test_a_request_is_called_what_its_client_calls_it(bundle: Path, tmp_path: Path) -> None:
    with served(bundle, log=tmp_path / "log") as running, running.connect() as client:
        head, _, body = invocation(bundle).partition(b"\r\n\r\n")
        for more in (b"", b"\r\ntransfer: x\r\nexpect: nothing"):
            for named in (b"a-1", b"", b"a" * 129, "ü".encode()):
                client.sendall(head + more + b"\r\nx-request-id: " + named + b"\r\n\r\n" + body)
                _, headers, _ = read(client)
                assert headers.get("x-request-id") == ("a-1" if named == b"a-1" else None)
                assert "x-prediction-id" in headers
        wrong = head.replace(b"application/json", b"text/plain") + b"\r\nx-request-id: b-2\r\n\r\n" + body
        client.sendall(wrong)
        status, headers, _ = read(client)
    assert (status, headers["x-request-id"], "x-prediction-id" in headers) == (415, "b-2", False)


@pytest.mark.slow
def test_a_token_is_asked_for_and_a_body_in_pieces_is_read(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVE_TOKEN", "a-token-of-a-test-only")
    with served(bundle, token_from="SERVE_TOKEN") as running, running.connect() as client:
        whole = invocation(bundle)
        client.sendall(whole)
        assert read(client)[0] == 401
        head, _, body = whole.partition(b"\r\n\r\n")
        client.sendall(head + b"\r\nauthorization: Bearer a-token-of-a-test-only\r\n\r\n" + body[:9])
        client.sendall(body[9:])
        status, headers, said = read(client)
    assert (status, list(json.loads(said))) == (200, ["predictions"])
    assert list(headers)[-3:] == ["content-type", "content-length", "x-bundle-digest"]


@pytest.mark.slow
def test_what_is_no_request_is_refused_after_the_answer_to_the_one_before(bundle: Path) -> None:
    with served(bundle, batch=Batch(rows=8, wait_seconds=1)) as running, running.connect() as client:
        client.sendall(invocation(bundle) + b"NONE\r\n\r\n")
        told = b""
        while found := client.recv(1 << 16):
            told += found
    assert [part[:12] for part in told.split(b"HTTP/1.1 ")[1:]] == [b"200 OK\r\ndate", b"400 Bad Requ"]


@pytest.mark.slow
def test_a_connection_is_not_idle_while_the_next_request_is_answered(bundle: Path) -> None:
    started, go = threading.Event(), threading.Event()

    async def app(_: Any, __: Any, send: Any) -> None:
        started.set()
        await asyncio.to_thread(go.wait, CEILING)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    with served(bundle) as running:
        assert running.ask()[0] == 200  # it runs
        running.server.config.loaded_app = app
        with running.connect() as client:
            client.sendall(invocation(bundle) + request("GET", "/slow"))
            assert read(client)[0] == 200
            assert started.wait(CEILING)
            open_ones = [one for one in running.server.server_state.connections if isinstance(one, Connection)]
            (busy,) = (one for one in open_ones if one.cycle is not None and not one.cycle.response_complete)
            idle = busy.timeout_keep_alive_task
            go.set()
            assert read(client)[2] == b"ok"
    assert idle is None
