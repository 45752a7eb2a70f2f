"""A server of a bundle in a thread of the test, and clients that speak to it over real sockets."""

from __future__ import annotations

import json
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlops.blocks.limits import Limits
from mlops.serve.server import Server, prepare
from tests.builders.waiting import CEILING


@dataclass(frozen=True)
class Served:
    """A server that runs; `told` ends once it has stopped."""

    server: Server
    port: int
    thread: threading.Thread

    def connect(self) -> socket.socket:
        """Open a connection."""
        return socket.create_connection(("127.0.0.1", self.port), CEILING)

    def ask(self, path: str = "/ping", *headers: str) -> tuple[int, dict[str, str], bytes]:
        """Ask once over a connection of its own."""
        with self.connect() as client:
            client.sendall(request("GET", path, *headers))
            return answer(client)

    def terminate(self) -> None:
        """Do what SIGTERM does."""
        self.server.handle_exit(signal.SIGTERM, None)


@contextmanager
def served(bundle: Path, limits: Limits | None = None, **options: Any) -> Iterator[Served]:
    """Serve a bundle on a free port until the block ends."""
    server, listener = prepare(bundle, limits=limits, **options)
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        yield Served(server, listener.getsockname()[1], thread)
    finally:
        server.should_exit = server.force_exit = True
        thread.join(CEILING)


def request(method: str, path: str, *headers: str, body: bytes = b"") -> bytes:
    """Spell a request."""
    lines = [f"{method} {path} HTTP/1.1", "host: x", f"content-length: {len(body)}", *headers]
    return "\r\n".join((*lines, "", "")).encode() + body


def invocation(bundle: Path) -> bytes:
    """Spell a request with a golden row of a bundle."""
    row = json.loads((bundle / "golden.json").read_bytes())["rows"][0]
    body = json.dumps({"dataframe_records": [row]}).encode()
    return request("POST", "/invocations", "content-type: application/json", body=body)


def answer(client: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Read one answer: its status, headers and body; a connection that is closed instead raises ConnectionError."""
    text = b""
    while b"\r\n\r\n" not in text:
        text += _more(client)
    head, _, body = text.partition(b"\r\n\r\n")
    first, *lines = head.decode("ascii").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    while len(body) < int(headers["content-length"]):
        body += _more(client)
    return int(first.split()[1]), headers, body


def _more(client: socket.socket) -> bytes:
    found = client.recv(1 << 16)
    if not found:
        raise ConnectionError("closed without an answer")
    return found
