"""One connection of a client: uvicorn's, with a limit on the time and the room that a request takes to arrive.

uvicorn bounds neither: a client that sends half a request keeps its connection for good, and as many as the process may
have open files shut everybody else out. A request that comes whole, as nearly all do, is never timed: a timer costs as
much as reading its headers.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from httptools import HttpParserError
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mlops.serve import upgrades
from mlops.serve.early_answers import CROWDED, LARGE, LATE, too_large

if TYPE_CHECKING:
    import asyncio

    from mlops.serve.answer import Answer
    from mlops.serve.direct import Direct, Ways
    from mlops.serve.door import Door

_CLOSE = b"connection: close\r\n"
_INVOCATIONS = b"/invocations"
_HEADERS, _BODY, _WHOLE = "headers", "body", ""
_PLACES = count()  # uvloop's clock ticks in milliseconds: of what came in one of them, the order is known by this


class Connection(HttpToolsProtocol):
    """A connection that is closed when it keeps the server waiting."""

    def __init__(self, door: Door, ways: Ways | None = None, **given: Any) -> None:
        super().__init__(**given)
        self._ways = ways
        self._direct: Direct | None = None  # that of the bundle which the request met
        self._said: Answer | None = None  # what a request that is answered directly will be told
        self._body: list[bytes] | None = None  # of such a request, while it arrives
        self._alive = True  # the connection stays open after that
        self._door, self._limits, self._place = door, door.limits, next(_PLACES)
        self._headers, self._bytes = door.limits.headers, door.limits.header_bytes  # looked at for each request
        self._awaited = _HEADERS
        self._begun = False  # the first byte of a request is there
        self._head = self._chunk = 0  # bytes: of headers so far without the latest chunk, and of that
        self._timer: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None

    # what asyncio calls

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Let it in; where that is one too many, another goes that keeps the server waiting, or else this one."""
        super().connection_made(transport)
        if len(self.connections) > self._limits.connections:
            others = [one for one in self.connections if isinstance(one, Connection) and one is not self]
            waiting = [(rank, one) for one in others if (rank := one.patience()) is not None]
            self._door.closed["crowded"] += 1
            if not waiting:
                transport.write(CROWDED)
                self._part()
                return
            min(waiting)[1].dismiss()  # no two have the same place
        self._arm()

    def data_received(self, data: bytes) -> None:
        """Read on; time what is not whole yet."""
        self._chunk = len(data)
        before = self._begun and self._awaited == _HEADERS
        self._unset_keepalive_if_required()
        try:
            upgrades.feed(self, data)
        except HttpParserError:
            self.send_400_response("Invalid HTTP request received.")
        if self._awaited == _WHOLE:
            if self._timer is not None:
                self._disarm()
            answered = self.cycle is not None and self.cycle.response_complete and self._said is None
            if self.timeout_keep_alive_task is None and answered:
                self._awaited = _HEADERS  # an empty line, or the rest of what was refused: idle again, and timed
                self._arm()
            return
        if self._awaited == _HEADERS and before:
            self._head += self._chunk
        if self._awaited == _HEADERS and self._head > self._bytes:
            self._refuse_headers()
        elif self._timer is None:
            self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget its timers, and a request that is half here."""
        self._disarm()
        if self._body is not None:
            self._forget()
        self.resume_writing()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Time a client that does not read its answer."""
        super().pause_writing()
        if self._unread is None:
            self._unread = self.loop.call_later(self._limits.answer_seconds, self._abandon)

    def resume_writing(self) -> None:
        """Go on, once it reads."""
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    # what the parser calls

    def on_message_begin(self) -> None:
        """Await headers."""
        self._awaited, self._begun, self._head = _HEADERS, True, 0
        self.url, self.headers, self.expect_100_continue = b"", [], False

    def on_headers_complete(self) -> None:
        """Begin to answer; a server that drains closes the connection after it, one with too much to read at once."""
        if upgrades.asked(self.parser):
            return  # it is read anew
        if self._timer is not None:
            self._disarm()
        self._awaited = _BODY
        large = self._head + self._chunk > self._bytes and self._too_large()  # most of it may be the body
        if self._said is not None and self._direct is not None:
            self._direct.flush()  # answers come in the order of their requests
            self._unset_keepalive_if_required()  # it is not idle: this request is here
        self._direct = None if self._ways is None else self._ways.current
        if self._direct is not None:
            self._said = self._direct.begin(self.headers) if not large and self._goes_directly() else None
            if self._said is not None:
                self._body = []
                self._alive = self.parser.should_keep_alive()
                return
        self._make_scope()
        if large or len(self.headers) > self._headers:
            app, self.app = self.app, too_large
            super().on_headers_complete()
            self.app = app
        else:
            super().on_headers_complete()
        if self._door.draining and self.cycle is not None:
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        if self._body is None:
            super().on_body(body)
        else:
            self._body.append(body)

    def on_message_complete(self) -> None:
        """Await nothing more; the next request begins with its first byte."""
        if upgrades.asked(self.parser):
            return
        self._awaited, self._begun = _WHOLE, False
        if self._body is None or self._said is None or self._direct is None:
            super().on_message_complete()
            return
        body, self._body = self._body[0] if len(self._body) == 1 else b"".join(self._body), None
        self._direct.take(self, self._said, body)

    def send_400_response(self, msg: str) -> None:
        """Say that what came is no request, after the answer to the one before it."""
        if self._said is not None and self._body is None and self._direct is not None:
            self._direct.flush()
        super().send_400_response(msg)

    # what answers directly calls

    def reply(self, said: Answer, headers: bytes) -> None:
        """Send an answer, if the client is still there, and await its next request; `headers` follow the length."""
        self._said = None
        self.server_state.total_requests += 1
        if self._direct is None or self.transport.is_closing():
            return
        stays = self._alive and not self._door.draining
        head, end = self._direct.head(said.status, self.server_state.default_headers), b"" if stays else _CLOSE
        length = len(said.content)
        self.transport.write(b"%bcontent-length: %d\r\n%b%b\r\n%b" % (head, length, headers, end, said.content))
        if not stays:
            self.transport.close()
            return
        self._unset_keepalive_if_required()
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    # what the server calls

    def shutdown(self) -> None:
        """Stop after what is under way: a request that is half here is awaited, for as long as its time lasts."""
        if self._said is not None:
            self._alive = False
            return
        coming = self._begun or (self.cycle is None and self._door.drain > 0)
        if self._awaited == _HEADERS and coming and not self._answering():
            return
        super().shutdown()

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection; at once where its client does not even read the last answer."""
        if self.transport.get_write_buffer_size():
            self._abandon()
        else:
            super().timeout_keep_alive_handler()

    def patience(self) -> tuple[int, float, int] | None:
        """Rank what may be closed for a newcomer: half a request before an idle connection, the oldest first."""
        if self.transport.is_closing() or self._answering():
            return None
        if self._timer is not None:
            return 0, self._timer.when(), self._place
        idle = self.timeout_keep_alive_task
        return None if idle is None else (1, idle.when(), self._place)

    def dismiss(self) -> None:
        """Close it for somebody else."""
        if self._timer is not None:
            self.transport.write(LATE)
        self._part()

    def _goes_directly(self) -> bool:
        """Tell whether the request whose headers are here is as most are, and nothing before it is under way."""
        return (
            self.url == _INVOCATIONS
            and self.parser.get_method() == b"POST"
            and self.parser.get_http_version() == "1.1"
            and not self.expect_100_continue
            and (self.cycle is None or self.cycle.response_complete)
            and not self.flow.write_paused
            and len(self.headers) <= self._headers
        )

    def _make_scope(self) -> None:
        """Make what an application is told of a request, whose headers are here already."""
        url, headers, expect = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.headers, self.expect_100_continue = url, headers, expect
        self.scope["headers"] = headers

    def _answering(self) -> bool:
        if self._said is not None:
            return self._body is None
        return self.cycle is not None and not self.cycle.response_complete and self._awaited != _BODY

    def _arm(self) -> None:
        seconds = self._limits.body_seconds if self._awaited == _BODY else self._limits.header_seconds
        self._timer = self.loop.call_later(seconds, self._late)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self) -> None:
        """Say that the request came too slowly, unless an answer is on its way, and close."""
        self._timer = None
        if self.transport.is_closing():
            return
        if self._answering():  # a client that sends one request after another; its answer is not its delay
            self._arm()
            return
        self._door.closed[self._awaited] += 1
        if self._awaited == _HEADERS or self._said is not None or not (self.pipeline or self.cycle.response_started):
            self.transport.write(LATE)
        self._part()

    def _part(self) -> None:
        """Close, and no later than a client may leave an answer unread."""
        self._disarm()
        if self._body is not None:
            self._forget()
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()
        if self.transport.get_write_buffer_size():
            self.loop.call_later(self._limits.answer_seconds, self.transport.abort)

    def _forget(self) -> None:
        """Give up a request that would have been answered directly."""
        if self._said is not None and self._direct is not None:
            self._direct.answering.leave()
        self._said = self._body = None

    def _abandon(self) -> None:
        self._door.closed["answer"] += 1
        self.transport.abort()

    def _too_large(self) -> bool:
        return sum(len(name) + len(value) for name, value in self.headers) + len(self.url) > self._bytes

    def _refuse_headers(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(LARGE)
            self._part()
