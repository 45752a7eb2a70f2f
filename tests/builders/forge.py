"""A stand-in for GitHub's comments and settings on loopback: it keeps what it is told and can refuse to answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

BOT = "github-actions[bot]"


@dataclass
class Forge:
    """Comments of one pull request, every request as (method, path), and the answers to give before it works."""

    comments: list[dict[str, Any]] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)
    refusals: list[int] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    api: str = ""

    def add(self, body: str, author: str = BOT) -> dict[str, Any]:
        """Write a comment."""
        number = len(self.comments) + 1
        comment = {"id": number, "body": body, "user": {"login": author}, "html_url": f"https://forge/c/{number}"}
        self.comments.append(comment)
        return comment


@contextmanager
def forge() -> Iterator[Forge]:
    """Answer on a free port until the block ends."""
    state = Forge()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            state.requests.append((self.command, self.path))
            length = int(self.headers.get("Content-Length") or 0)
            value = json.loads(self.rfile.read(length)) if length else None
            assert self.headers["Authorization"] == "Bearer secret"
            if state.refusals:
                self._send(state.refusals.pop(0), {"message": "not now"})
            elif state.settings:
                found = state.settings.get(self.path[1:])
                self._send(404 if found is None else 200, found)
            elif self.command == "GET":
                query = parse_qs(urlsplit(self.path).query)
                size, page = int(query["per_page"][0]), int(query["page"][0])
                self._send(200, state.comments[(page - 1) * size : page * size])
            elif self.command == "POST":
                self._send(201, state.add(value["body"]))
            else:
                comment = state.comments[int(self.path.rsplit("/", 1)[1]) - 1]
                comment["body"] = value["body"]
                self._send(200, comment)

        do_GET = do_POST = do_PATCH = _answer  # noqa: N815 - the names that http.server looks for

        def _send(self, code: int, value: Any) -> None:
            data = json.dumps(value).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(data)))
            if code in (301, 302):
                self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.api = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
