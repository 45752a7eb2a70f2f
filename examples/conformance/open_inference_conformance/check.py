"""A check of the suite, and what it found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from open_inference_conformance.wire import Reply, Server, path

Level = Literal["must", "should"]
Said = Literal["holds", "fails", "does not apply"]


class Fails(Exception):
    """A server does not do what the sentence says; the text says what it does."""


class Irrelevant(Exception):
    """What the sentence is about is not there: a model without versions, say."""


@dataclass
class Subject:
    """What is tested: a server, a model of it, a request that it should answer, and what it told of itself."""

    server: Server
    model: str
    request: dict[str, Any]
    described: dict[str, Any] = field(default_factory=dict)

    @property
    def versions(self) -> list[str]:
        """List what versions the model says it has. Raises Irrelevant where it has none."""
        versions = self.described.get("versions")
        if not isinstance(versions, list) or not versions:
            raise Irrelevant("the model tells of no version")
        return [str(version) for version in versions]

    def infer(self, document: Any, version: str | None = None) -> Reply:
        """Ask the model."""
        return self.server.post(path(self.model, version, "infer"), document)


@dataclass(frozen=True)
class Check:
    """A sentence of the specification, and how a server is held to it."""

    name: str
    level: Level
    sentence: str
    hold: Callable[[Subject], None]


@dataclass(frozen=True)
class Found:
    """What came of a check."""

    check: Check
    said: Said
    words: str = ""


CHECKS: list[Check] = []
"""In the order of their files; `open_inference_conformance.suite` imports them."""


def check(level: Level, sentence: str) -> Callable[[Callable[[Subject], None]], Callable[[Subject], None]]:
    """Declare a check, called after its function: it raises Fails or Irrelevant, or the sentence holds."""

    def declared(hold: Callable[[Subject], None]) -> Callable[[Subject], None]:
        CHECKS.append(Check(hold.__name__.replace("_", "-"), level, sentence, hold))
        return hold

    return declared


def ok(reply: Reply) -> Any:
    """Give the document of an answer of 200. Raises Fails."""
    if reply.status != 200:
        raise Fails(f"the status is {reply.status}, not 200: {reply.body[:200]!r}")
    try:
        return reply.json
    except ValueError:
        raise Fails(f"the body is not JSON: {reply.body[:200]!r}") from None


def refused(reply: Reply) -> None:
    """Hold an answer to be an error object under a client's error status. Raises Fails."""
    if reply.status < 400:
        raise Fails(f"the status is {reply.status}, no error: {reply.body[:200]!r}")
    try:
        said = reply.json
    except ValueError:
        raise Fails(f"under status {reply.status} the body is not JSON: {reply.body[:200]!r}") from None
    if not isinstance(said, dict) or not isinstance(said.get("error"), str):
        raise Fails(f'under status {reply.status} the body is not {{"error": text}}: {reply.body[:200]!r}')
    if reply.status >= 500:
        raise Fails(f"the status is {reply.status}, as if the server were at fault: {said['error'][:200]!r}")
