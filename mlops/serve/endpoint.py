"""A path that bodies are posted to, as a bare ASGI application: Starlette's request costs as much as a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from mlops.serve import csv_rows
from mlops.serve.answering import Refused
from mlops.serve.direct import INLINE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.types import Receive, Scope, Send

    from mlops.serve.answer import Answer
    from mlops.serve.answering import Answering

    # what fills an answer from a body, and refuses what the headers say before the body is read
    Fill = Callable[[Answer, bytes], None]
    Dialect = Callable[[Scope, Mapping[bytes, bytes]], Fill]


class Endpoint:
    """Reads bodies, within limits, and has them answered; `dialect` knows what its headers mean."""

    def __init__(self, answering: Answering, dialect: Dialect | None = None) -> None:
        self._answering = answering
        self._dialect = dialect or self._mlflow
        self._largest_body = answering.limits.body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request and count it; bad input gets 4xx, a client that left gets nothing."""
        headers = dict(scope["headers"])
        said, gone = self._answering.begin(headers), False
        try:
            try:
                fill = self._dialect(scope, headers)
                body = await self._body(headers, receive)
                if body is None:
                    gone = True
                    return
                if len(body) > INLINE:
                    await run_in_threadpool(fill, said, body)
                else:
                    fill(said, body)
            except Refused as refusal:
                self.refuse(said, refusal)
            told = self._answering.headers(said)
            await send({"type": "http.response.start", "status": said.status, "headers": told})
            await send({"type": "http.response.body", "body": said.content})
        finally:
            if gone:
                self._answering.leave()
            else:
                self._answering.end(said)

    def refuse(self, said: Answer, refusal: Refused) -> None:
        """Answer a request whose body is not looked into."""
        self._answering.refuse(said, refusal)

    def _mlflow(self, _: Scope, headers: Mapping[bytes, bytes]) -> Fill:
        charset = charset_of(headers.get(b"content-type", b""))
        return lambda said, body: self._answering.fill(said, body, charset)

    async def _body(self, headers: Mapping[bytes, bytes], receive: Receive) -> bytes | None:
        length = headers.get(b"content-length", b"0")
        if length.isdigit() and int(length) > self._largest_body:
            raise self._too_large()
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            if size > self._largest_body:
                raise self._too_large()
            if not message.get("more_body", False):
                return b"".join(chunks)

    def _too_large(self) -> Refused:
        return Refused(413, f"the body is larger than {self._largest_body:,} bytes: send fewer rows at a time")


def charset_of(content_type: bytes) -> str | None:
    """Name the encoding of a body in `text/csv`; None for JSON. Raises Refused for what is neither."""
    kind, *parameters = (part.strip() for part in content_type.decode("latin-1").lower().split(";"))
    if kind == "application/json":
        return None
    if kind != "text/csv":
        raise Refused(415, "send application/json, or text/csv with a header row")
    said = dict(parameter.partition("=")[::2] for parameter in parameters)
    charset = said.get("charset", "utf-8").strip('"')
    if not csv_rows.known(charset):
        raise Refused(415, "send text/csv in UTF-8, or name another charset: utf-16, windows-1252")
    if said.get("header", "present") != "present":
        raise Refused(415, "send text/csv with a header row")
    return charset
