"""Where the Open Inference Protocol is asked: `/v2`."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.routing import Route

from mlops import __version__
from mlops.bundle.refusal import BODY
from mlops.serve.answering import Refused
from mlops.serve.bad_request import BadRequest
from mlops.serve.dialects import open_inference
from mlops.serve.endpoint import Endpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request
    from starlette.types import Scope

    from mlops.serve.answer import Answer
    from mlops.serve.answering import Answering
    from mlops.serve.door import Door
    from mlops.serve.endpoint import Fill

LIVE, READY = "/v2/health/live", "/v2/health/ready"
"""What a probe asks, which has no token."""
_MODEL = "/v2/models/{name}"
_SHORT = 12  # characters of a digest that are a version, too


class OpenInference:
    """Answers for one bundle: its pipeline is the model's name, its digest the version."""

    def __init__(self, answering: Answering, door: Door, pipeline: str, digest: str) -> None:
        self._answering, self._door, self._name = answering, door, pipeline
        self._version = digest.removeprefix("sha256:")
        self._names = {self._version, self._version[:_SHORT], digest, "1"}

    def routes(self) -> list[Route]:
        """List the protocol's paths, with and without a version."""
        server = {"name": "mlops", "version": __version__, "extensions": []}
        described = open_inference.metadata(self._answering.predictor, self._name, self._version)
        routes = [
            Route("/v2", self._page(lambda: (200, server))),
            Route(LIVE, self._page(lambda: (200, {"live": True}))),
            Route(READY, self._page(self._ready)),
        ]
        for model in (_MODEL, f"{_MODEL}/versions/{{version}}"):
            routes.append(Route(model, self._page(lambda: (200, described))))
            routes.append(Route(f"{model}/ready", self._page(lambda: self._ready(name=self._name))))
            routes.append(Route(f"{model}/infer", _Infer(self._answering, self._inferring), methods=["POST"]))
        return routes

    def _ready(self, **told: str) -> tuple[int, Any]:
        draining = self._door.draining
        return 503 if draining else 200, {**told, "ready": not draining}

    def _page(self, said: Callable[[], tuple[int, Any]]) -> Any:
        async def endpoint(request: Request) -> Response:
            wrong = self._unknown(request.path_params)
            if wrong is not None:
                return Response(open_inference.error(wrong), 404, media_type="application/json")
            status, document = said()
            return Response(json.dumps(document), status, media_type="application/json")

        return endpoint

    def _unknown(self, named: Mapping[str, str]) -> str | None:
        """Say what is wrong with the model, or version, that a path names."""
        if named.get("name", self._name) != self._name:
            return f"there is no model {named['name'][:60]!r} here, but {self._name}"
        if named.get("version", self._version) not in self._names:
            return f"there is no version {named['version'][:60]!r} of {self._name} here, but {self._version}"
        return None

    def _inferring(self, scope: Scope, headers: Mapping[bytes, bytes]) -> Fill:
        wrong = self._unknown(scope["path_params"])
        if wrong is not None:
            raise Refused(404, wrong)
        kind = headers.get(b"content-type", b"application/json").lower()
        if open_inference.BINARY in headers or kind.startswith(b"application/octet-stream"):
            raise Refused(415, open_inference.NOT_BINARY)
        return self._fill

    def _fill(self, said: Answer, body: bytes) -> None:
        most, predictor = self._answering.limits.rows, self._answering.predictor
        keep = partial(self._answering.keep, said)
        try:
            hooks = {"keep": keep, "refuse": partial(_refuse, said)}
            said.content = open_inference.infer(predictor, body, self._name, self._version, most, **hooks)
            said.status = 200
        except BadRequest as bad:
            said.status, said.refused = bad.status, bad.refused
            said.content = open_inference.error(bad.message, bad.problems)


def _refuse(said: Answer, counts: Mapping[Any, int]) -> None:
    said.refused = counts


class _Infer(Endpoint):
    """Spells what is refused before a body is read as the protocol does, too."""

    def refuse(self, said: Answer, refusal: Refused) -> None:
        """Answer a request whose body is not looked into."""
        said.status, said.refused = refusal.status, BODY
        said.content = open_inference.error(refusal.message)
