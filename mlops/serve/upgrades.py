"""A request that asks for another protocol, such as `upgrade: h2c`, as one that does not.

RFC 9110 (7.8) leaves it to a server whether it speaks the other one; ours answers in the one that was asked in.
"""

from __future__ import annotations

from typing import Protocol

from httptools import HttpParserUpgrade, HttpRequestParser

_OTHERS = frozenset({b"upgrade", b"http2-settings"})
"""What asks for it: headers, and words of `connection`."""


class Reading(Protocol):
    """Whoever reads requests, and what of the latest is here."""

    parser: HttpRequestParser
    url: bytes
    headers: list[tuple[bytes, bytes]]


def asked(parser: HttpRequestParser) -> bool:
    """Tell whether the request that is read now asks for another protocol, and is to be read anew."""
    return bool(parser.should_upgrade()) and parser.get_method() != b"CONNECT"


def feed(reading: Reading, data: bytes) -> None:
    """Have what came read; raises HttpParserError where it is no request.

    A parser takes what follows headers that ask for another protocol for that protocol, and would lose the body.
    """
    while data:
        try:
            reading.parser.feed_data(data)
        except HttpParserUpgrade as upgrade:
            if not asked(reading.parser):
                return
            data = _plainly(reading) + data[upgrade.args[0] :]
            reading.parser = HttpRequestParser(reading)
        else:
            return


def _plainly(reading: Reading) -> bytes:
    """Spell the head of the request without what asks for another protocol."""
    parser = reading.parser
    lines = [b"%b %b HTTP/%b" % (parser.get_method(), reading.url, parser.get_http_version().encode("ascii"))]
    for name, value in reading.headers:
        if name == b"connection":
            words = map(bytes.strip, value.split(b","))
            lines.append(b"connection: " + b", ".join(word for word in words if word.lower() not in _OTHERS))
        elif name not in _OTHERS:
            lines.append(b"%b: %b" % (name, value))
    return b"\r\n".join([*lines, b"", b""])
