"""Lambda's Runtime API as far as a function speaks to it: events are given one by one, and what is told is kept."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ROOT = "/2018-06-01/runtime"
_NAMED = {
    "Content_Type": "application/json",
    "Lambda_Runtime_Deadline_Ms": "4102444800000",
    "Lambda_Runtime_Invoked_Function_Arn": "arn:aws:lambda:eu-west-1:123456789012:function:churn-prod",
}


@dataclass
class Api:
    """What a function is given, and what it told: answers by the number of the event, an error of its start."""

    events: list[bytes]
    told: dict[str, tuple[str, Any]] = field(default_factory=dict)
    port: int = 0
    done: threading.Event = field(default_factory=threading.Event)
    strict: list[str] = field(default_factory=list)
    """Requests that the API knows nothing of."""

    @property
    def address(self) -> str:
        """What Lambda puts into AWS_LAMBDA_RUNTIME_API."""
        return f"127.0.0.1:{self.port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    api: Api

    def log_message(self, *_: object) -> None:
        pass

    def _say(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, text in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), text)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        number = len(self.api.told)
        if self.path != f"{ROOT}/invocation/next":
            self.api.strict.append(self.path)
            self._say(404)
        elif number >= len(self.api.events):
            self.api.done.set()
            self._say(410)
        else:
            self._say(200, self.api.events[number], Lambda_Runtime_Aws_Request_Id=str(number), **_NAMED)

    def do_POST(self) -> None:
        body = self._chunked() if "chunked" in self.headers.get("Transfer-Encoding", "") else self._whole()
        path = self.path.removeprefix(ROOT).strip("/").split("/")
        if path == ["init", "error"]:
            self.api.told["init"] = ("error", json.loads(body))
            self.api.done.set()
        elif path[:2] == ["invocation", str(len(self.api.told))] and path[2:] in (["response"], ["error"]):
            self.api.told[path[1]] = (path[2], json.loads(body))
        else:
            self.api.strict.append(self.path)
            return self._say(404)
        return self._say(202, b'{"status":"OK"}')

    def _whole(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _chunked(self) -> bytes:
        found = b""
        while size := int(self.rfile.readline(), 16):
            found += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return found


@contextmanager
def runtime_api(*events: bytes) -> Iterator[Api]:
    """Serve the API; when no event is left it answers 410, which no function outlives."""
    api = Api(list(events))
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"api": api}))
    server.daemon_threads = True
    api.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
