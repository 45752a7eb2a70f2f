"""The inference server: one verified bundle behind MLflow's scoring protocol."""

from __future__ import annotations

import json
import time
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from mlops.bundle.attribution import Explainer
from mlops.bundle.contents import Contents
from mlops.bundle.golden import Golden
from mlops.bundle.predictor import Predictor
from mlops.bundle.request_form import json_schema
from mlops.serve import process
from mlops.serve.answering import BROKEN, Answering, error
from mlops.serve.dialects import openapi
from mlops.serve.dialects.open_inference_routes import OpenInference
from mlops.serve.dialects.vertex import Paths, Predict
from mlops.serve.door import Door
from mlops.serve.endpoint import Endpoint
from mlops.serve.explaining import Explaining
from mlops.serve.log import PredictionLog
from mlops.serve.metrics import Metrics
from mlops.serve.shipping import Shipping

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from starlette.requests import Request

    from mlops.files.remote_folder import RemoteFolder
    from mlops.serve.events import Events
    from mlops.serve.otlp import Push

TOLERANCE = 1e-5  # what another processor or ONNX Runtime may change in the last bits of a score


def create(
    bundle_folder: Path,
    *,
    expected: str | None = None,
    golden_tolerance: float = TOLERANCE,
    door: Door | None = None,
    vouched: Callable[[Contents], None] | None = None,
    log: Path | None = None,
    ship: RemoteFolder | None = None,
    clock: Callable[[], int] = time.time_ns,
    vertex: Paths | None = None,
    events: Events | None = None,
    page: Callable[[], bytes] | None = None,
    push: Push | None = None,
) -> Starlette:
    """Verify a bundle, load it, make it score its golden rows, and serve it; raises IntegrityError.

    With a folder for `log`, answers are written down, and the header `x-prediction-id` names the request: its row k,
    from 0, has the prediction id `<header>-<k>`; refused rows are only counted. With `ship`, what is written down goes
    there, and leaves the folder. `door` holds the limits of the server, and whether it drains. `vouched` is
    given what was read and verified, before any of it is used, and raises where nobody vouches for it. `vertex` are
    paths that Vertex AI asks, beside all others. `events` are told of each answer; `page`
    is what `/metrics` says where somebody counts more than this bundle's answers, and `push` sends it elsewhere.
    """
    door = door or Door()
    contents = Contents.read(bundle_folder, expected)
    if vouched is not None:
        vouched(contents)
    predictor = Predictor.load(contents)
    golden = Golden.of(contents)
    golden.check(predictor, golden_tolerance)
    kept = None if log is None else PredictionLog(log, contents.digest, predictor.schema, clock=clock)
    shipping = None if log is None or ship is None else Shipping(log, ship)
    pipeline, example = contents.manifest.pipeline, golden.rows[0] if golden.rows else None
    known = {"pipeline": contents.manifest.pipeline, "bundle": contents.digest, "task": predictor.task}
    explainer = Explainer.of(contents, predictor, golden)
    metrics = Metrics(known, time.time(), explains=explainer is not None)
    version = {
        "bundle": contents.digest,
        "pipeline": contents.manifest.pipeline,
        "task": predictor.task,
        "classes": predictor.classes,
    }
    described = openapi.page(predictor, pipeline, contents.digest, example)
    answering = Answering(predictor, contents.digest, door.limits, metrics, kept, events, pipeline)
    counted = partial(_counted, metrics, door, kept, shipping, events, push)
    app = Starlette(
        routes=[
            Route("/invocations", Endpoint(answering), methods=["POST"]),
            Route("/explain", Explaining(answering, explainer), methods=["POST"]),
            Route("/ping", _constant({"status": "ok"}, contents.digest)),
            Route("/health", _health(door, kept, contents.digest)),
            Route("/metrics", _metrics(page or counted, door)),
            Route("/version", _constant(version, contents.digest)),
            Route("/schema", _constant(json_schema(predictor.schema, example), contents.digest)),
            Route("/openapi.json", _constant(described, contents.digest)),
            *OpenInference(answering, door, pipeline, contents.digest).routes(),
            *_vertex(vertex or Paths(), answering, _health(door, kept, contents.digest)),
        ],
        exception_handlers={HTTPException: _http_error, Exception: _broken},
        lifespan=_closing(kept, shipping),
    )
    app.router.redirect_slashes = False  # a client would be sent where its own Host header says, by http
    app.state.served = f"{contents.manifest.pipeline} {contents.digest}"
    app.state.answering, app.state.golden = answering, golden
    app.state.counted = counted
    app.state.log, app.state.shipping = kept, shipping
    return app


def _vertex(paths: Paths, answering: Answering, health: Any) -> list[Route]:
    """List the routes of Vertex AI that are not there anyway."""
    routes = []
    if paths.health not in (None, "/health", "/ping"):
        routes.append(Route(str(paths.health), health))
    if paths.predict not in (None, "/invocations"):
        routes.append(Route(str(paths.predict), Endpoint(answering, Predict(answering)), methods=["POST"]))
    return routes


def _closing(log: PredictionLog | None, shipping: Shipping | None) -> Any:
    """Write the rest of the log when the server stops, after the last answer, and ship it."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        if log is not None:
            log.close()
        if shipping is not None:
            shipping.close()

    return lifespan


def _health(door: Door, log: PredictionLog | None, digest: str) -> Any:
    """Say whether to send requests here: not to a server that drains; to one whose log fails, and it says so."""

    async def endpoint(_: Request) -> Response:
        said = {"status": "draining" if door.draining else "ok"}
        if log is not None and log.trouble:
            said = {"status": "draining" if door.draining else "degraded", "log": log.trouble}
        return _response(503 if door.draining else 200, json.dumps(said).encode("ascii"), {"x-bundle-digest": digest})

    return endpoint


def _counted(
    metrics: Metrics,
    door: Door,
    log: PredictionLog | None,
    shipping: Shipping | None,
    events: Events | None,
    push: Push | None,
) -> bytes:
    """Spell what this process counted."""
    numbers: dict[str, float] = {}
    if log is not None:
        numbers |= {"dropped_rows_total": log.dropped, "waiting_rows": log.waiting, "failing": bool(log.trouble)}
    if shipping is not None:
        sent = {"shipped_segments_total": shipping.shipped, "shipping_failures_total": shipping.failures}
        numbers |= sent | {"waiting_segments": shipping.waiting()}
    others = process.numbers() | {"mlops_serve_connections_limit": door.limits.connections}
    if events is not None:
        others["mlops_serve_events_dropped_total"] = events.dropped
    if push is not None:
        others |= push.numbers()
    return metrics.render(numbers, door.open(), door.closed, others)


def _metrics(counted: Callable[[], bytes], door: Door) -> Any:
    """Serve what all workers counted; not `async`, so that looking into the log's folder holds up no request."""

    def endpoint(_: Request) -> Response:
        page = counted() if door.seat is None else door.seat.summed(counted)
        return Response(page, media_type="text/plain; version=0.0.4; charset=utf-8")

    return endpoint


def _constant(document: Any, digest: str) -> Any:
    content = json.dumps(document).encode("ascii")

    async def endpoint(_: Request) -> Response:
        return _response(200, content, {"x-bundle-digest": digest})

    return endpoint


async def _http_error(_: Request, raised: Exception) -> Response:
    status = raised.status_code if isinstance(raised, HTTPException) else 500
    headers = dict(raised.headers or {}) if isinstance(raised, HTTPException) else {}
    known = (
        "there are /invocations, /explain, /ping, /health, /metrics, /version, /schema, /openapi.json, /v2"
        if status == 404
        else "try another method"
    )
    return _response(status, error(status, known), headers)


async def _broken(_: Request, __: Exception) -> Response:
    """Answer our own mistake; its traceback goes to the server's log alone."""
    return _response(500, error(500, BROKEN))


def _response(status: int, content: bytes, headers: dict[str, str] | None = None) -> Response:
    return Response(content, status_code=status, headers=headers, media_type="application/json")
