"""Clients that ask while bundles change: what failed, and what was answered by a bundle that nobody named then.

A bundle is named from before a switch to it begins until after the one to another has ended. An answer is right where
its bundle was named at some moment between the request and the answer, or at most `SLACK` seconds before the request.
"""

from __future__ import annotations

import json
import math
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mlops.bundle.contents import Contents
from tests.builders.served import invocation
from tests.builders.waiting import CEILING

SLACK = 2.0  # seconds
_TOLD = 5  # of what went wrong


class Ledger:
    """When each bundle was named."""

    def __init__(self) -> None:
        self._named: dict[str, list[list[float]]] = {}

    def name(self, digest: str) -> None:
        """Name a bundle from now on."""
        self._named.setdefault(digest, []).append([time.monotonic(), math.inf])

    def drop(self, digest: str) -> None:
        """Name it no more."""
        self._named[digest][-1][1] = time.monotonic()

    @contextmanager
    def switching(self, before: str, after: str) -> Iterator[None]:
        """Name both while a block lasts, and only the later one when it has ended."""
        self.name(after)
        yield
        self.drop(before)

    def late(self, digest: str, asked: float, answered: float) -> float:
        """Tell how many seconds before a request its bundle was last named; 0 where it was meanwhile, or after."""
        spans = [ended for begun, ended in self._named.get(digest, ()) if begun <= answered]
        return max(0.0, asked - max(spans)) if spans else math.inf


class Clients:
    """Several that ask one after the other, each on a connection that stays open, until so many are answered."""

    def __init__(self, address: tuple[str, int], bundles: Sequence[Path], ledger: Ledger, count: int = 4) -> None:
        self._address, self.ledger = address, ledger
        self._message = invocation(bundles[0])
        self._scores = {}
        for bundle in bundles:
            golden = json.loads((bundle / "golden.json").read_bytes())
            self._scores[digest_of(bundle)] = [golden["scores"][0]]
        self.by: Counter[str] = Counter()
        """Answers by bundle."""
        self.failed: list[str] = []
        """What was no answer, or a wrong one, or of a bundle that was not named."""
        self.latest = 0.0
        """The most seconds that a bundle answered after it was named no more, what failed by that among them."""
        self.breath = 0.0
        """Seconds that each waits before it asks again: what starts beside them then has the processor."""
        self._most: float = math.inf
        self._seen: set[tuple[str, bytes]] = set()
        self._lock = threading.Condition()
        self._threads = [threading.Thread(target=self._ask_on) for _ in range(count)]

    @property
    def answered(self) -> int:
        """Count the right answers."""
        return sum(self.by.values())

    def until(self, answers: int) -> None:
        """Wait until there are so many answers, or something failed."""
        with self._lock:
            self._lock.wait_for(lambda: self.answered >= answers or bool(self.failed), CEILING)

    def finish(self, answers: int) -> None:
        """Let them ask until there are so many answers, and no longer."""
        self._most = answers
        for thread in self._threads:
            thread.join(CEILING)

    def start(self) -> None:
        """Let them ask."""
        for thread in self._threads:
            thread.start()

    def _ask_on(self) -> None:
        connection: socket.socket | None = None
        try:
            while self.answered < self._most and len(self.failed) < _TOLD:
                connection = connection or socket.create_connection(self._address, CEILING)
                if self.breath:
                    time.sleep(self.breath)
                if self._ask(connection):
                    connection.close()
                    connection = None
        except OSError as error:
            self.failed.append(f"no answer: {error!r}")
        finally:
            if connection is not None:
                connection.close()
            with self._lock:
                self._lock.notify_all()

    def _ask(self, connection: socket.socket) -> bool:
        """Ask once; True where the server is about to close the connection, and says so."""
        asked = time.monotonic()
        connection.sendall(self._message)
        head, body = _answer(connection)
        answered = time.monotonic()
        digest = _header(head, b"x-bundle-digest: ")
        late = self.ledger.late(digest, asked, answered)
        right = head.startswith(b"HTTP/1.1 200") and late <= SLACK and self._is_right(digest, body)
        with self._lock:
            self.latest = max(self.latest, late) if late < math.inf else self.latest
            if right:
                self.by[digest] += 1
            else:
                self.failed.append(f"{head!r} {body!r}, {late:.3f} s late")
            if not self.answered % 100 or not right:
                self._lock.notify_all()
        return _header(head, b"connection: ") == "close"

    def _is_right(self, digest: str, body: bytes) -> bool:
        if (digest, body) not in self._seen:
            if json.loads(body)["predictions"] != self._scores[digest]:
                return False
            self._seen.add((digest, body))
        return True


def digest_of(bundle: Path) -> str:
    """Read a bundle's digest."""
    return Contents.read(bundle).digest


@contextmanager
def asking(address: tuple[str, int], bundles: Sequence[Path], ledger: Ledger, count: int = 4) -> Iterator[Clients]:
    """Have clients ask for the first golden row, which is the same of all bundles, while a block lasts."""
    clients = Clients(address, bundles, ledger, count)
    clients.start()
    try:
        yield clients
    finally:
        clients.finish(0)


def _answer(connection: socket.socket) -> tuple[bytes, bytes]:
    data = b""
    while (ends := data.find(b"\r\n\r\n")) < 0:
        data += _more(connection)
    head = data[:ends]
    length = int(_header(head, b"content-length: "))
    while len(data) < ends + 4 + length:
        data += _more(connection)
    return head, data[ends + 4 :]


def _more(connection: socket.socket) -> bytes:
    if found := connection.recv(1 << 16):
        return found
    raise ConnectionError("closed without an answer")


def _header(head: bytes, name: bytes) -> str:
    at = head.find(b"\r\n" + name)
    return "" if at < 0 else head[at + 2 + len(name) :].partition(b"\r\n")[0].decode("ascii")
