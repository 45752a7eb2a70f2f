"""Vertex AI's custom containers: the environment tells port and paths, and rows stand beside `parameters`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from mlops.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Scope

    from mlops.serve.answer import Answer
    from mlops.serve.answering import Answering
    from mlops.serve.endpoint import Fill

HEALTH, PREDICT, PORT = "AIP_HEALTH_ROUTE", "AIP_PREDICT_ROUTE", "AIP_HTTP_PORT"
_SAYS_MORE = ("/invocations", "/metrics", "/openapi.json", "/schema", "/v2", "/version")
"""Pages that need the token where there is one; whoever asks for health brings none."""


class Paths(NamedTuple):
    """Where it is asked whether the server lives, and for predictions; None where nobody says."""

    health: str | None = None
    predict: str | None = None

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Paths:
        """Read the environment; raises ConfigurationError where a path is none, or nobody may ask it unasked."""
        health = _path(environment, HEALTH)
        if health is not None and (health in _SAYS_MORE or health.startswith("/v2/models")):
            raise ConfigurationError(
                f"the environment variable {HEALTH} names {health}, which says more than that the server lives",
                hint=f"{HEALTH}=/health",
            )
        return cls(health, _path(environment, PREDICT))


def _path(environment: Mapping[str, str], name: str) -> str | None:
    path = environment.get(name)
    if not path:
        return None
    if not path.startswith("/") or not path.isascii() or any(letter in path for letter in "{}?#% "):
        raise ConfigurationError(
            f"the environment variable {name} is no path of a URL: {path[:80]!r}", hint=f"{name}=/predict"
        )
    return path


class Predict:
    """Answers `{"instances": [...], "parameters": {...}}`, of which the latter are the `params` of MLflow."""

    def __init__(self, answering: Answering) -> None:
        self._answering = answering

    def __call__(self, _: Scope, __: Mapping[bytes, bytes]) -> Fill:
        """Take any body for JSON, as Vertex sends no other."""
        return self._fill

    def _fill(self, said: Answer, body: bytes) -> None:
        self._answering.fill(said, _renamed(body) if b'"parameters"' in body else body)


def _renamed(body: bytes) -> bytes:
    """Call parameters as MLflow does; a body that is no JSON stays, for others to say so."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return body
    if not isinstance(document, dict) or "parameters" not in document or "params" in document:
        return body
    document["params"] = document.pop("parameters")
    return json.dumps(document).encode("ascii")
