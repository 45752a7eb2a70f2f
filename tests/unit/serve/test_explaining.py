"""`/explain` over a real socket: shares that add up, bounded work, and what is told where there is nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mlops.blocks.limits import Limits
from mlops.bundle.contents import Contents
from mlops.bundle.manifest import seal
from mlops.bundle.predictor import Predictor
from mlops.errors import IntegrityError
from mlops.serve.app import create
from mlops.serve.server import prepare
from tests.builders.bundles import make_bundle
from tests.builders.served import Served, answer, request, served

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive

JSON = "content-type: application/json"
TOKEN = "a-token-of-this-test"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("explains") / "bundle", "multiclass", explains=True)


@pytest.fixture(scope="module")
def server(bundle: Path) -> Iterator[Served]:
    with served(bundle, Limits(rows=5, body_bytes=20_000)) as running:
        yield running


def rows_of(bundle: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((bundle / "golden.json").read_bytes())["rows"]
    return found


def ask(running: Served, body: Any, *headers: str, kind: str = JSON) -> tuple[int, dict[str, Any]]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    with running.connect() as client:
        client.sendall(request("POST", "/explain", kind, *headers, body=data))
        status, told, said = answer(client)
    assert int(told["content-length"]) == len(said)
    return status, json.loads(said)


def test_shares_add_up_to_the_score_and_are_the_same_alone_and_as_csv(server: Served, bundle: Path) -> None:
    rows = rows_of(bundle)[:3]
    status, said = ask(server, {"dataframe_records": rows})
    assert (status, said["method"], said["unit"]) == (200, "sampled Shapley values", "probability")
    for row, scores, found in zip(rows, said["predictions"], said["explanations"], strict=True):
        assert set(found["columns"]) == {"age", "visits", "insured", "plan", "joined", "seen"}
        assert found["output"] == pytest.approx(max(scores))
        assert found["class"] == ["high", "low", "middle"][scores.index(max(scores))]
        assert found["base"] + sum(found["columns"].values()) == pytest.approx(found["output"], abs=1e-6)
        split = {"columns": list(row), "data": [[*row.values()]]}
        alone = ask(server, {"dataframe_split": split})
        assert alone[1].get("explanations") == [found], alone
    page = server.ask("/metrics")[2].decode()
    assert 'mlops_serve_explanations_total{status="2xx"} 4.0' in page
    assert "mlops_serve_explained_rows_total 6.0" in page
    assert 'mlops_serve_requests_total{status="2xx"} 0.0' in page
    assert ask(server, {"inputs": []})[1]["explanations"] == []


@pytest.mark.parametrize(
    ("body", "kind", "status", "said"),
    [
        (
            [1],
            JSON,
            400,
            "the body must be an object with one of dataframe_split, dataframe_records, instances, inputs",
        ),
        (
            {"instances": [{}] * 6},
            JSON,
            413,
            "the request has 6 rows, and at most 5 are answered: send fewer at a time",
        ),
        (b"[" * 30_000, JSON, 413, "the body is larger than 20,000 bytes: send fewer rows at a time"),
        ({}, "content-type: text/html", 415, "send application/json, or text/csv with a header row"),
    ],
)
def test_what_cannot_be_explained_is_refused(body: Any, kind: str, status: int, said: str, server: Served) -> None:
    found, told = ask(server, body, kind=kind)
    assert (found, told["message"]) == (status, said)


def test_no_more_rows_are_explained_than_have_room_in_memory(
    server: Served, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    features = len(Predictor.open(bundle).transform.recipe.kept())
    monkeypatch.setattr("mlops.serve.explaining._NUMBERS", 2 * 3 * features)  # of three classes
    assert ask(server, {"instances": rows_of(bundle)[:2]})[0] == 200
    status, told = ask(server, {"instances": rows_of(bundle)[:3]})
    message = "the request has 3 rows, and at most 2 are answered: send fewer at a time"
    assert (status, told["message"]) == (413, message)


def test_a_row_that_is_not_what_the_model_reads_is_named(server: Served, bundle: Path) -> None:
    rows = rows_of(bundle)[:2]
    status, told = ask(server, {"instances": [rows[0], rows[1] | {"visits": "many"}]})
    assert (status, [problem["row"] for problem in told["problems"]]) == (400, [1])
    assert told["problems"][0]["field"] == "visits"


def test_who_may_not_ask_is_told_nothing(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVE_TOKEN", TOKEN)
    with served(bundle, token_from="SERVE_TOKEN") as running:
        body = {"instances": rows_of(bundle)[:1]}
        assert ask(running, body)[0] == 401
        assert ask(running, body, f"authorization: Bearer {TOKEN}")[0] == 200


async def asked(app: ASGIApp, receive: Receive) -> list[int]:
    """Ask without a socket; gives the status, or nothing where nothing is answered."""
    found: list[int] = []

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            found.append(message["status"])

    headers = [(b"content-type", b"application/json")]
    await app({"type": "http", "method": "POST", "path": "/explain", "headers": headers}, receive, send)
    return found


def test_who_leaves_before_the_body_is_there_is_not_counted_as_answered(bundle: Path) -> None:
    app = create(bundle)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    assert asyncio.run(asked(app, receive)) == []
    assert b'mlops_serve_explanations_total{status="4xx"} 0.0' in app.state.counted()


def test_no_more_wait_than_may_also_where_all_bodies_come_at_once(bundle: Path) -> None:
    app, body = create(bundle), json.dumps({"instances": rows_of(bundle)[:1]}).encode()
    found: list[int] = []

    async def one(come: asyncio.Event) -> None:
        async def receive() -> Message:
            await come.wait()
            return {"type": "http.request", "body": body, "more_body": False}

        found.extend(await asked(app, receive))

    async def all_at_once() -> None:
        come = asyncio.Event()
        asking = [asyncio.create_task(one(come)) for _ in range(12)]
        await asyncio.sleep(0)  # each has begun
        come.set()
        await asyncio.gather(*asking)

    asyncio.run(all_at_once())
    assert sorted(found) == [200] * 9 + [503] * 3


def test_a_bundle_that_was_made_without_says_what_makes_one(tmp_path: Path) -> None:
    with served(make_bundle(tmp_path / "bundle")) as running:
        status, told = ask(running, {"instances": []})
        assert (status, told) == (
            501,
            {
                "error_code": "NOT_IMPLEMENTED",
                "message": "the bundle holds nothing that scores are explained by: `serve: {explain: true}` makes one "
                "that does",
            },
        )
        assert b"explanations" not in running.ask("/metrics")[2]


def test_what_scores_are_explained_by_is_read_before_anything_is_served(bundle: Path, tmp_path: Path) -> None:
    other = make_bundle(tmp_path / "bundle", "multiclass", explains=True)
    assert "explain.json" in Contents.read(other).files
    (other / "explain.json").write_text('{"schema_version":1,"method":"trees","unit":"log-odds"}')
    seal(other, "tiny", "multiclass")
    with pytest.raises(
        IntegrityError, match=r"^explain\.json is of another model: it holds neither trees nor weights$"
    ):
        prepare(other)
    (other / "explain.json").write_text("{}")
    seal(other, "tiny", "multiclass")
    with pytest.raises(IntegrityError, match=r"^explain\.json does not say what scores rest on$"):
        prepare(other)
