"""Requests that ask for another protocol are answered as those that do not, however they arrive."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from httptools import HttpRequestParser
from hypothesis import given
from hypothesis import strategies as st

from mlops.serve.upgrades import asked, feed

ASKS = b"connection: Upgrade, HTTP2-Settings, keep-alive\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQ\r\n"
PLAIN = b"connection: keep-alive\r\n"


class Read:
    """What a connection reads of requests: each one's line, headers and body."""

    def __init__(self) -> None:
        self.parser: Any = HttpRequestParser(self)
        self.url, self.headers, self.body = b"", list[tuple[bytes, bytes]](), b""
        self.found: list[tuple[bytes, bytes, list[tuple[bytes, bytes]], bytes]] = []

    def on_message_begin(self) -> None:
        self.url, self.headers, self.body = b"", [], b""

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        if not asked(self.parser):
            self.found.append((self.parser.get_method(), self.url, self.headers, self.body))


def sent(between: bytes, bodies: list[bytes]) -> bytes:
    head = b"POST /invocations?a=1 HTTP/1.1\r\nhost: x\r\n%bcontent-length: %d\r\n\r\n%b"
    return b"".join(head % (between, len(body), body) for body in bodies)


@given(st.lists(st.binary(max_size=30), min_size=1, max_size=3), st.lists(st.integers(0, 500), max_size=4))
def test_a_body_is_read_whatever_protocol_is_asked_for_too(bodies: list[bytes], cuts: list[int]) -> None:
    asking, plain, data = Read(), Read(), sent(ASKS, bodies)
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    for first, last in pairwise(places):
        feed(asking, data[first:last])
    feed(plain, sent(PLAIN, bodies))
    assert asking.found == plain.found
    assert [body for *_, body in asking.found] == bodies


@pytest.mark.parametrize("kind", [b"websocket", b"h2c"])
def test_a_request_without_a_body_is_read_too(kind: bytes) -> None:
    read = Read()
    feed(read, b"GET /ping HTTP/1.1\r\nconnection: upgrade\r\nupgrade: %b\r\n\r\n" % kind)
    assert read.found == [(b"GET", b"/ping", [(b"connection", b"")], b"")]


def test_what_follows_connect_is_not_read_as_a_request() -> None:
    read = Read()
    feed(read, b"CONNECT x:1 HTTP/1.1\r\nhost: x\r\n\r\nGET / HTTP/1.1\r\n\r\n")
    assert [method for method, *_ in read.found] == [b"CONNECT"]
