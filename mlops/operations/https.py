"""Requests that carry a token: encrypted, and to the host they are meant for only."""

from __future__ import annotations

import urllib.error
import urllib.request
from http.client import HTTPResponse
from typing import Any
from urllib.parse import urlsplit

from mlops.errors import ConfigurationError

_TIMEOUT = 30
_LOCAL = ("127.0.0.1", "localhost", "::1")


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follow no redirect."""

    def redirect_request(self, *_: Any) -> None:
        return None


def refuse_unencrypted(address: str, hint: str) -> None:
    """Refuse an address that a token must not be sent to; on this machine plain HTTP will do.

    Raises:
        ConfigurationError: the address is not encrypted.
    """
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOCAL):
        raise ConfigurationError(f"{parts.scheme}://{parts.hostname or ''}: not an https address", hint=hint)


def aside(request: urllib.request.Request) -> str | None:
    """Ask where an answer lies; None where there is none any more. Whoever goes there takes no token along.

    Raises:
        OSError: what `urllib.request.urlopen` raises, also where the answer is no redirect.
        ConfigurationError: the answer lies at an address that is not encrypted.
    """
    try:
        send(request).close()
    except urllib.error.HTTPError as error:
        error.close()
        if error.code in (404, 410):
            return None
        place = error.headers.get("Location") if error.code in (302, 303, 307, 308) else None
        if place is None:
            raise
        refuse_unencrypted(place, "the address came from the API; ask whoever runs it")
        return place
    raise urllib.error.URLError("no redirect to the file")


def send(request: urllib.request.Request, seconds: float = _TIMEOUT) -> HTTPResponse:
    """Send a request whose address is not refused; raises what `urllib.request.urlopen` does, for a redirect too."""
    answer: HTTPResponse = urllib.request.build_opener(_Stay).open(request, timeout=seconds)
    return answer
