"""What is wrong with a request: an error status, and an error object that says it."""

from __future__ import annotations

from typing import Any

from open_inference_conformance.check import CHECKS, Check, Fails, Subject, check, refused
from open_inference_conformance.checks.inference import answered
from open_inference_conformance.wire import path

SENTENCE = "A failed inference request must be indicated by an HTTP error status: $inference_error_response"


def _first(subject: Subject, **changed: Any) -> dict[str, Any]:
    first, *others = subject.request["inputs"]
    return {**subject.request, "inputs": [{**first, **changed}, *others]}


def _without(subject: Subject, key: str) -> dict[str, Any]:
    first, *others = subject.request["inputs"]
    return {**subject.request, "inputs": [{name: said for name, said in first.items() if name != key}, *others]}


def _longer(subject: Subject) -> dict[str, Any]:
    first = subject.request["inputs"][0]
    return _first(subject, shape=[first["shape"][0] + 1, *first["shape"][1:]])


WRONG: dict[str, Any] = {
    "empty body": lambda subject: b"",
    "body is not json": lambda subject: b"{",
    "body is not utf8": lambda subject: b'{"inputs": "\xff"}',
    "body is a list": lambda subject: [],
    "body is deep": lambda subject: b"[" * 100_000,
    "no inputs": lambda subject: {},
    "inputs is null": lambda subject: {"inputs": None},
    "inputs is empty": lambda subject: {"inputs": []},
    "input is a number": lambda subject: {"inputs": [1]},
    "input without a name": lambda subject: _without(subject, "name"),
    "input without a shape": lambda subject: _without(subject, "shape"),
    "input without a datatype": lambda subject: _without(subject, "datatype"),
    "input without data": lambda subject: _without(subject, "data"),
    "unknown datatype": lambda subject: _first(subject, datatype="FP12"),
    "shape does not fit data": _longer,
    "negative shape": lambda subject: _first(subject, shape=[-1]),
    "shape is huge": lambda subject: _first(subject, shape=[2**62]),
    "shape is a text": lambda subject: _first(subject, shape="2"),
    "data is null": lambda subject: _first(subject, data=None),
    "data is an object": lambda subject: _first(subject, data={"0": 1}),
    "input is missing": lambda subject: {**subject.request, "inputs": subject.request["inputs"][1:]},
    "unknown output": lambda subject: {**subject.request, "outputs": [{"name": "no output is called so"}]},
}


def _declare(name: str, make: Any) -> None:
    def hold(subject: Subject) -> None:
        refused(subject.infer(make(subject)))

    CHECKS.append(Check(f"refused: {name}", "must", SENTENCE, hold))


for _name, _make in WRONG.items():
    _declare(_name, _make)


@check("must", SENTENCE)
def infer_unknown_model(subject: Subject) -> None:
    """Hold: a model that is not there."""
    refused(subject.server.post(path(subject.model + "-that-is-not-here", verb="infer"), subject.request))


@check("must", SENTENCE)
def infer_unknown_version(subject: Subject) -> None:
    """Hold: a version that the model does not tell of."""
    subject.versions  # noqa: B018  it does not apply where there is none
    refused(subject.infer(subject.request, "no-version-is-called-so"))


@check("must", "inference: POST")
def infer_by_get(subject: Subject) -> None:
    """Hold: nothing is inferred by GET."""
    reply = subject.server.get(path(subject.model, verb="infer"))
    if reply.status < 400 or reply.status >= 500:
        raise Fails(f"the status is {reply.status}")


@check("must", "the server is able to receive and respond to inference requests")
def still_answers(subject: Subject) -> None:
    """Hold: after all that was wrong, a right request is answered."""
    answered(subject, subject.request)
