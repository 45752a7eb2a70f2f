"""A body to an answer: what every way into the server shares, from reading rows to counting and logging them."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from mlops.bundle.plain_rows import PlainRows
from mlops.bundle.refusal import BODY
from mlops.serve.answer import Answer
from mlops.serve.bad_request import BadRequest
from mlops.serve.events import Served, trace_of
from mlops.serve.invocations import answer
from mlops.serve.regular_bodies import RegularBodies

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from mlops.blocks.limits import Limits
    from mlops.bundle.prediction_log import Clients
    from mlops.bundle.predictor import Predictor
    from mlops.bundle.refusal import Refusals
    from mlops.bundle.schema import Problem
    from mlops.bundle.table import Row
    from mlops.serve.events import Events
    from mlops.serve.log import PredictionLog
    from mlops.serve.metrics import Metrics

_CODES = {
    400: "BAD_REQUEST",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    413: "PAYLOAD_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    500: "INTERNAL_ERROR",
    501: "NOT_IMPLEMENTED",
    503: "TEMPORARILY_UNAVAILABLE",
}
REQUEST = b"x-request-id"
"""The header by which clients and proxies name a request; it is sent back as it came."""
_PACED = 16 << 10  # bytes of a body from which its time says something of others
_FORGETS = 0.98
_LONGEST = 128  # characters of it
_NONE: Mapping[bytes, bytes] = {}
BROKEN = "the server made a mistake; its log says which"


def error(status: int, message: str, problems: Sequence[Problem] = ()) -> bytes:
    """Spell what is wrong."""
    listed = {"problems": [asdict(problem) for problem in problems]} if problems else {}
    return json.dumps({"error_code": _CODES.get(status, "BAD_REQUEST"), "message": message, **listed}).encode("ascii")


class Refused(Exception):
    """A request that is answered by an error before its body is looked into."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def called(headers: Mapping[bytes, bytes]) -> bytes:
    """Give the name that a client, or a proxy before it, gave a request; empty where that is none."""
    name = headers.get(REQUEST, b"")
    return name if len(name) <= _LONGEST and name.isascii() else b""


class Answering:
    """Answers bodies by one bundle."""

    def __init__(
        self,
        predictor: Predictor,
        digest: str,
        limits: Limits,
        metrics: Metrics,
        log: PredictionLog | None = None,
        events: Events | None = None,
        pipeline: str = "",
    ) -> None:
        self.predictor, self.limits, self.metrics, self.log = predictor, limits, metrics, log
        self._events, self._served = events, Served(pipeline, digest)
        self.plain = PlainRows.of(predictor)
        # who logs rows has to have them
        self._regular = RegularBodies.of(self.plain) if log is None else None
        self.pace = math.inf
        """Seconds of CPU that a byte of a large body takes, by those that were answered."""
        self._digest = digest.encode("ascii")
        self._digest_line = b"x-bundle-digest: %b\r\n" % self._digest

    def begin(self, headers: Mapping[bytes, bytes] = _NONE) -> Answer:
        """Begin a request, which has a name where answers are logged; `end` or `leave` belongs to it."""
        self.metrics.in_progress += 1
        said = Answer(identity="" if self.log is None else self.log.identity())
        said.request = called(headers)
        if self._events is not None:
            said.request = said.request or self._events.identity()
            said.trace = trace_of(headers)
        return said

    def fill(self, said: Answer, body: bytes, charset: str | None = None) -> None:
        """Answer a body; bad input gets 4xx. Any thread may do it."""
        begun = time.thread_time()
        self._fill(said, body, charset)
        if len(body) >= _PACED:
            # one that took long is remembered for a while: what comes next may be like it
            took = (time.thread_time() - begun) / len(body)
            self.pace = took if self.pace == math.inf else max(took, self.pace * _FORGETS)

    def _fill(self, said: Answer, body: bytes, charset: str | None) -> None:

        def keep(
            rows: Sequence[Row], scores: NDArray[np.floating[Any]], numbers: Sequence[int], clients: Clients
        ) -> None:
            self.keep(said, rows, scores, numbers, clients)

        def refuse(counts: Refusals) -> None:
            said.refused = counts

        try:
            most = self.limits.rows
            said.content = answer(self.predictor, body, keep, refuse, most, charset, self.plain, self._regular)
            said.status = 200
        except BadRequest as bad:
            said.status, said.refused = bad.status, bad.refused
            said.content = error(bad.status, bad.message, bad.problems)

    def refuse(self, said: Answer, refusal: Refused) -> None:
        """Answer a request whose body is not looked into."""
        said.status, said.content, said.refused = refusal.status, error(refusal.status, refusal.message), BODY

    def keep(
        self,
        said: Answer,
        rows: Sequence[Row],
        scores: NDArray[np.floating[Any]],
        numbers: Sequence[int],
        clients: Clients,
    ) -> None:
        """Log the rows that are answered; `scores` stay as they are."""
        said.scored = len(rows)
        if self.log is not None:
            self.log.add(said.identity, rows, scores, numbers, clients)

    def end(self, said: Answer) -> None:
        """Count a request, after its answer; by the thread of the event loop."""
        self.metrics.in_progress -= 1
        seconds = time.perf_counter() - said.begun
        self.metrics.add(said.status, seconds, said.scored, said.refused)
        if self._events is not None:
            self._events.add(self._served, said, seconds)
        if said.refused and self.log is not None:
            self.log.refuse(said.refused)

    def leave(self) -> None:
        """Forget a request whose client left before its body was here."""
        self.metrics.in_progress -= 1

    def named(self, said: Answer) -> bytes:
        """Spell the headers that follow the length of an answer."""
        if not said.identity and not said.request:
            return self._digest_line
        return self._digest_line + b"".join(b"%b: %b\r\n" % header for header in self._names(said))

    def headers(self, said: Answer) -> list[tuple[bytes, bytes]]:
        """List the headers of an answer."""
        length = (b"content-length", b"%d" % len(said.content))
        return [(b"content-type", b"application/json"), length, (b"x-bundle-digest", self._digest), *self._names(said)]

    def _names(self, said: Answer) -> Iterator[tuple[bytes, bytes]]:
        """Name the request as both sides do; one that was refused has no prediction to name."""
        if said.identity and said.status == 200:
            yield b"x-prediction-id", said.identity.encode("ascii")
        if said.request:
            yield REQUEST, said.request
