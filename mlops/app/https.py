"""Requests that carry a token: encrypted, and to the host they are meant for only."""

from __future__ import annotations

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


def send(request: urllib.request.Request) -> HTTPResponse:
    """Send a request whose address is not refused; raises what `urllib.request.urlopen` does, for a redirect too."""
    answer: HTTPResponse = urllib.request.build_opener(_Stay).open(request, timeout=_TIMEOUT)
    return answer
