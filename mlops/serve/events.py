"""One line of JSON for each decision, by the Elastic Common Schema, for whoever collects what a container prints.

A line says which request was answered by which bundle, how, how fast, and how many rows; never what was in them, and
never the answer. https://www.elastic.co/guide/en/ecs/current
"""

from __future__ import annotations

import os
import re
import secrets
import sys
import threading
import time
from collections import Counter, deque
from datetime import UTC, datetime
from itertools import count
from select import PIPE_BUF
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from mlops.serve.answer import Answer

_VERSION = "8.11.0"  # of the schema; its fields are all older
_SECONDS = 0.2  # that a line waits for others, to be written with them; a killed process loses no more than these
_LAST = 5.0  # that the last lines may take: what ends this process waits for them
_MOST = 100_000  # lines held while nobody reads them; then they are counted and dropped
_PARENT = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_NO_TRACE = b"0" * 32
TRACEPARENT = b"traceparent"
"""The header by which a trace names a request: https://www.w3.org/TR/trace-context"""


class Served(NamedTuple):
    """What answers: a pipeline, and the digest of its bundle."""

    pipeline: str
    bundle: str


class Events:
    """Writes lines beside the requests: answering only appends to a list, a thread spells and writes them."""

    def __init__(self, descriptor: int = 1, *, clock: Callable[[], int] = time.time_ns, most: int = _MOST) -> None:
        """Write to an open file, which is standard output."""
        self._descriptor, self._clock, self._most = descriptor, clock, most
        self._process, self._numbers = secrets.token_hex(8), count()
        self._waiting: deque[tuple[int, Served, Answer, float]] = deque()
        self._changed = threading.Condition()
        self._writing = threading.Lock()
        self._closing = self._failing = False
        self.dropped = 0
        self._thread = threading.Thread(target=self._work, name="events", daemon=True)
        self._thread.start()

    def identity(self) -> bytes:
        """Name a request that nobody named."""
        return b"%b-%x" % (self._process.encode("ascii"), next(self._numbers))

    def add(self, served: Served, said: Answer, seconds: float) -> None:
        """Take a request that was answered in so many seconds."""
        if len(self._waiting) >= self._most:
            self.dropped += 1
            return
        self._waiting.append((self._clock(), served, said, seconds))

    def close(self) -> None:
        """Write what waits and stop, soon, also where whoever reads has stopped reading; again does nothing."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(_LAST)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closing, _SECONDS)
                closing = self._closing
            self.flush()
            if closing:
                return

    def flush(self) -> None:
        """Write what waits now; for whoever is halted between two requests, and cannot leave it to the thread."""
        with self._writing:
            taken = [self._waiting.popleft() for _ in range(len(self._waiting))]
            written = 0
            try:
                for lines in _together(orjson.dumps(event(*one)) + b"\n" for one in taken):
                    self._write(b"".join(lines))
                    written += len(lines)
                self._failing = False
            except OSError as error:  # nobody reads them any more, or the disk is full: requests are answered
                self.dropped += len(taken) - written
                if not self._failing:
                    told = f"events cannot be written: {error.strerror}; requests are answered"
                    print(told, file=sys.stderr, flush=True)
                self._failing = True

    def _write(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._descriptor, data) :]


def _together(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Cut into what a pipe takes in one piece: other workers write to it, too, and would write into a line."""
    taken, size = list[bytes](), 0
    for line in lines:
        if taken and size + len(line) > PIPE_BUF:
            yield taken
            taken, size = [], 0
        taken.append(line)
        size += len(line)
    if taken:
        yield taken


def trace_of(headers: Mapping[bytes, bytes]) -> bytes:
    """Name the trace that a request belongs to; empty where it says none.

    >>> trace_of({b"traceparent": b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"})
    b'4bf92f3577b34da6a3ce929d0e0e4736'
    """
    found = _PARENT.fullmatch(headers.get(TRACEPARENT, b""))
    return b"" if found is None or found[1] == _NO_TRACE else found[1]


def event(at: int, served: Served, said: Answer, seconds: float) -> dict[str, Any]:
    """Spell a decision: `at` are nanoseconds since 1970."""
    moment = datetime.fromtimestamp(at // 10**9, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    refused = Counter[str]()
    for (_, reason), rows in said.refused.items():
        refused[reason] += rows
    level = "info" if said.status < 400 else "warn" if said.status < 500 else "error"
    answered = {"rows": said.scored, **({"refused": dict(sorted(refused.items()))} if refused else {})}
    named = {"prediction_id": said.identity} if said.identity and said.status == 200 else {}
    return {
        "@timestamp": f"{moment}.{at // 10**6 % 1000:03d}Z",
        "log.level": level,
        "message": f"{said.status}, {said.scored:,} rows scored",
        "ecs.version": _VERSION,
        "event": {
            "kind": "event",
            "action": "decision",
            "outcome": "success" if said.status < 400 else "failure",
            "duration": round(seconds * 1e9),
        },
        "service": {"name": served.pipeline, "version": served.bundle},
        "http": {"request": {"id": said.request.decode("ascii")}, "response": {"status_code": said.status}},
        **({"trace": {"id": said.trace.decode("ascii")}} if said.trace else {}),
        "mlops": {"bundle": served.bundle, **answered, **named},
    }
