"""Answers small and quick requests to /invocations where they are read: no task or application is in between.

What is the least unusual about a request, its headers or its rows, goes the ordinary way, through `app`, which is also
what answers are held to (tests/unit/serve/test_direct.py). Requests that wait at the same time are scored together.
All of it runs in the thread of the event loop.
"""

from __future__ import annotations

import asyncio
import logging
import math
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from mlops.bundle.small_batch import MOST, SmallBatch
from mlops.serve import client_names, plain_requests, spelling
from mlops.serve.answering import BROKEN, error
from mlops.serve.bad_request import BadRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mlops.blocks.batch import Batch
    from mlops.bundle.plain_rows import Packed
    from mlops.bundle.prediction_log import Clients
    from mlops.bundle.table import Row
    from mlops.serve.access import Guard
    from mlops.serve.answer import Answer
    from mlops.serve.answering import Answering

INLINE = 32 << 10  # bytes of a body up to which a thread would cost more than it frees
_SOON = 0.005  # seconds: a thread, which Python interrupts no sooner, would free nothing
_JSON = frozenset({b"application/json", b"application/json; charset=utf-8", b"application/json;charset=utf-8"})


class Client(Protocol):
    """Whoever sent a request, and awaits its answer."""

    loop: asyncio.AbstractEventLoop

    def reply(self, said: Answer, headers: bytes) -> None:
        """Send an answer; `headers` follow its length."""
        ...


class _Ready(NamedTuple):
    """Rows of a request that may be scored."""

    rows: Sequence[Row]
    packed: Packed
    clients: Clients


class _Waiting(NamedTuple):
    """A request that will be answered with others."""

    client: Client
    said: Answer
    body: bytes
    ready: _Ready


class Ways:
    """The direct way of the bundle that is served now; whoever changes the bundle brings another."""

    def __init__(self, batch: Batch, guard: Guard | None = None) -> None:
        self._batch, self._guard = batch, guard
        self.current: Direct | None = None

    def proven(self, answering: Answering, rows: Sequence[Row]) -> Direct:
        """Make the way of a bundle, and hold its scores of golden rows to the ordinary ones; raises IntegrityError."""
        direct = Direct(answering, self._batch, self._guard)
        direct.prove(rows)
        return direct


class Direct:
    """Answers requests of one bundle by the connections that they came on."""

    def __init__(self, answering: Answering, batch: Batch, guard: Guard | None = None) -> None:
        self.answering = answering
        self._batch, self._guard = batch, guard
        self._largest = min(INLINE, answering.limits.body_bytes)
        self._most = min(MOST, answering.limits.rows)
        self._plain, self._small = answering.plain, SmallBatch(answering.predictor)
        self._waiting: list[_Waiting] = []
        self._rows = 0  # that wait
        self._alarm: asyncio.Handle | None = None
        self._given: list[tuple[bytes, bytes]] | None = None  # whose head is kept
        self._head = b""

    def prove(self, rows: Sequence[Row]) -> None:
        """Hold its scores of rows to those of the ordinary way; raises IntegrityError."""
        if self._plain is not None:
            self._small.prove(self._plain, rows)

    def begin(self, headers: list[tuple[bytes, bytes]]) -> Answer | None:
        """Begin to answer where nothing is unusual about the headers of a POST: JSON, small or quick, allowed."""
        said = dict(headers)
        length = said.get(b"content-length", b"")
        usual = (
            said.get(b"content-type") in _JSON
            and length.isdigit()
            and (int(length) <= self._largest or self._soon(int(length)))
            and b"transfer-encoding" not in said
            and (self._guard is None or self._guard.admits(headers))
        )
        return self.answering.begin(said) if usual else None

    def _soon(self, length: int) -> bool:
        """Tell whether so many bytes are answered before Python would let another thread work, by those before."""
        return length <= self.answering.limits.body_bytes and length * self.answering.pace <= _SOON

    def take(self, client: Client, said: Answer, body: bytes) -> None:
        """Answer a request now, or with those that are there already."""
        ready = self._ready(body) if len(body) <= INLINE else None
        if ready is None:
            self._alone(client, said, body)
            return
        one = _Waiting(client, said, body, ready)
        rows = ready.packed.rows
        if self._rows + rows > self._batch.rows:
            self.flush()
        if rows >= self._batch.rows:
            self._score([one])
            return
        self._waiting.append(one)
        self._rows += rows
        if self._rows == self._batch.rows:
            self.flush()
        elif self._alarm is None:
            loop, wait = client.loop, self._batch.wait_seconds
            self._alarm = loop.call_later(wait, self.flush) if wait else loop.call_soon(self.flush)

    def flush(self) -> None:
        """Answer all that wait."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if self._waiting:
            waiting, self._waiting, self._rows = self._waiting, [], 0
            self._score(waiting)

    def _ready(self, body: bytes) -> _Ready | None:
        """Read a request of few plain rows; None where it is another."""
        given = None if self._plain is None else plain_requests.read(body)
        if given is None or self._plain is None:
            return None
        rows = plain_requests.listed(self._plain, given)
        packed = self._plain.packed(rows) if rows is not None and 0 < len(rows) <= self._most else None
        if rows is None or packed is None:
            return None
        try:
            return _Ready(rows, packed, client_names.read(given.params, len(rows)) if given.params else None)
        except BadRequest:
            return None

    def _score(self, waiting: list[_Waiting]) -> None:
        """Answer some requests by one run of the model, or each alone where that is not to be."""
        try:
            scores = self._small.score([one.ready.packed for one in waiting])
            decided = None if scores is None else self.answering.predictor.decide(scores)
        except Exception:  # whoever caused it is found below, alone
            scores = decided = None
        values = None if scores is None else _finite(scores)
        if scores is None or values is None:
            for one in waiting:
                self._alone(one.client, one.said, one.body)
            return
        first = 0
        self.answering.metrics.batches += 1
        self.answering.metrics.batched += len(values)
        for one in waiting:
            last = first + one.ready.packed.rows
            content = spelling.spell(values[first:last], None if decided is None else decided[first:last])
            self._keep(one, scores[first:last])
            one.said.status, one.said.content = 200, content
            self._end(one.client, one.said)
            first = last

    def _keep(self, one: _Waiting, scores: NDArray[np.floating[Any]]) -> None:
        own = scores if self.answering.log is None else scores.copy()  # the array is written over by the next
        rows = one.ready.rows
        self.answering.keep(one.said, rows, own, range(len(rows)), one.ready.clients)

    def _alone(self, client: Client, said: Answer, body: bytes) -> None:
        """Answer a request as ever."""
        try:
            self.answering.fill(said, body)
        except Exception as raised:  # our own mistake: its traceback goes to the server's log alone
            logging.getLogger("uvicorn.error").error("Exception in ASGI application\n", exc_info=raised)
            said.status, said.content = 500, error(500, BROKEN)
        self._end(client, said)

    def _end(self, client: Client, said: Answer) -> None:
        client.reply(said, self.answering.named(said))
        self.answering.end(said)

    def head(self, status: int, given: list[tuple[bytes, bytes]]) -> bytes:
        """Spell an answer's first line and headers up to its length; `given` are the server's, a new list a second."""
        if status != 200:
            return _head(status, given)
        if given is not self._given:
            self._given, self._head = given, _head(status, given)
        return self._head


def _finite(scores: NDArray[np.floating[Any]]) -> list[Any] | None:
    """Give a few scores as Python's numbers; None where one is not finite. NumPy takes longer to start than to look."""
    values: list[Any] = scores.tolist()
    return values if all(map(math.isfinite, values) if scores.ndim == 1 else np.isfinite(scores).flat) else None


def _head(status: int, given: list[tuple[bytes, bytes]]) -> bytes:
    lines = [b"%b: %b\r\n" % header for header in given]
    return b"".join((STATUS_LINE[status], *lines, b"content-type: application/json\r\n"))
