"""All checks against one model of one server."""

from __future__ import annotations

from typing import Any

from open_inference_conformance import tensors
from open_inference_conformance.check import CHECKS, Check, Fails, Found, Irrelevant, Subject
from open_inference_conformance.checks import errors, health, inference, metadata
from open_inference_conformance.wire import Server, Unreachable, path

CHAPTERS = tuple(chapter.__name__ for chapter in (health, metadata, inference, errors))
"""In which order a server is asked; what is wrong comes last, for after it a right request is asked again."""


def run(server: Server, model: str, request: dict[str, Any] | None = None) -> list[Found]:
    """Hold a model to the protocol.

    Without a `request` one is made by the model's metadata, of ones and "a".

    Raises:
        Unreachable: if nobody answers at all, or nothing tells what the model's inputs are.
    """
    described = _described(server, model)
    if request is None:
        inputs = described.get("inputs")
        if not isinstance(inputs, list) or not inputs:
            raise Unreachable(f"the metadata of {model!r} tells of no inputs: give a request that it should answer")
        try:
            request = {"inputs": tensors.example(inputs)}
        except (KeyError, TypeError):
            raise Unreachable(f"the metadata of {model!r} is none: give a request that it should answer") from None
    subject = Subject(server, model, request, described)
    return [_held(check, subject) for check in sorted(CHECKS, key=lambda each: CHAPTERS.index(each.hold.__module__))]


def _described(server: Server, model: str) -> dict[str, Any]:
    try:
        said = server.get(path(model)).json
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _held(check: Check, subject: Subject) -> Found:
    try:
        check.hold(subject)
    except Fails as error:
        return Found(check, "fails", str(error))
    except Irrelevant as error:
        return Found(check, "does not apply", str(error))
    except Unreachable as error:
        return Found(check, "fails", f"the server does not answer: {error}")
    except Exception as error:  # what a server sends, however far from the protocol, is told
        return Found(check, "fails", f"the answer is not of the protocol: {type(error).__name__}: {str(error)[:200]}")
    return Found(check, "holds")
