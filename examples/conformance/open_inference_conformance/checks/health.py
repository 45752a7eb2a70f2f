"""Server Live, Server Ready, Model Ready."""

from __future__ import annotations

from open_inference_conformance.check import Fails, Subject, check, ok
from open_inference_conformance.wire import Reply, path

LIVE, READY = "/v2/health/live", "/v2/health/ready"


def _status(reply: Reply) -> None:
    if reply.status != 200:
        raise Fails(f"the status is {reply.status}, not 200")


@check("must", "Server Live: GET v2/health/live")
def server_live(subject: Subject) -> None:
    """Hold: a server that answers says so."""
    _status(subject.server.get(LIVE))


@check("must", "Server Ready: GET v2/health/ready")
def server_ready(subject: Subject) -> None:
    """Hold: a server whose model answers is ready."""
    _status(subject.server.get(READY))


@check("should", '$live_server_response = {"live": $bool}')
def server_live_body(subject: Subject) -> None:
    """Hold: the text describes a body, though the OpenAPI does not."""
    said = ok(subject.server.get(LIVE))
    if not isinstance(said, dict) or said.get("live") is not True:
        raise Fails(f"the body says {said!r}")


@check("must", "Model Ready: GET v2/models/<model_name>/ready")
def model_ready(subject: Subject) -> None:
    """Hold: the model that answers is ready."""
    _status(subject.server.get(path(subject.model, verb="ready")))


@check("should", '$ready_model_response = {"name": $string, "ready": $bool}')
def model_ready_body(subject: Subject) -> None:
    """Hold: the answer names the model."""
    said = ok(subject.server.get(path(subject.model, verb="ready")))
    if not isinstance(said, dict) or (said.get("name"), said.get("ready")) != (subject.model, True):
        raise Fails(f"the body says {said!r}")


@check("must", "Model Ready: GET v2/models/<model_name>/versions/<model_version>/ready")
def model_version_ready(subject: Subject) -> None:
    """Hold: so is each version that the model tells of."""
    for version in subject.versions:
        _status(subject.server.get(path(subject.model, version, "ready")))


@check("must", "Was the model successfully downloaded and loaded onto the server")
def unknown_model_is_not_ready(subject: Subject) -> None:
    """Hold: a model that is not there is not ready."""
    reply = subject.server.get(path(subject.model + "-that-is-not-here", verb="ready"))
    if reply.status < 400:
        raise Fails(f"the status is {reply.status}: {reply.body[:200]!r}")
