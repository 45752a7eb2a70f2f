"""Answers of a connection itself: to what came too slowly, or too large, to be a request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

if TYPE_CHECKING:
    from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, Scope


def _said(status: int, code: str, message: str) -> bytes:
    """Spell an answer that no application gives, after which the connection is closed."""
    body = json.dumps({"error_code": code, "message": message}).encode("ascii")
    head = "content-type: application/json\r\nconnection: close\r\ncontent-length:"
    return STATUS_LINE[status] + f"{head} {len(body)}\r\n\r\n".encode("ascii") + body


LATE = _said(408, "REQUEST_TIMEOUT", "the request came too slowly")
CROWDED = _said(503, "TEMPORARILY_UNAVAILABLE", "there are too many connections: come back in a moment")
LARGE = _said(431, "HEADERS_TOO_LARGE", "the headers of the request are too many, or too large")


async def too_large(_scope: Scope, _receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Answer a request whose headers are not looked into."""
    body = LARGE.partition(b"\r\n\r\n")[2]
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 431, "headers": headers, "trailers": False})
    await send({"type": "http.response.body", "body": body, "more_body": False})
