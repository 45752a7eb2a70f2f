"""Who may ask a server: whoever brings its token."""

from __future__ import annotations

import hashlib
import hmac
import os
from pathlib import Path
from typing import TYPE_CHECKING

from mlops.errors import ConfigurationError, InfrastructureError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp, Receive, Scope, Send

OPEN = ("/ping", "/health", "/v2/health/live", "/v2/health/ready")
"""What a probe asks, which has no token: they say nothing of the model."""
_PROBED = ("GET", "HEAD")
"""How: the same path may answer a POST with what the model says."""
_SHORTEST = 16  # characters of a token
_REFUSED = b'{"error_code": "UNAUTHENTICATED", "message": "send Authorization: Bearer, and the token of this server"}'


def read_token(reference: str) -> str:
    """Read a token where `reference` says: an environment variable's name, or `file:///path`.

    Raises:
        InfrastructureError: nothing is there.
        ConfigurationError: what is there is too short to be a secret.
    """
    path = reference.removeprefix("file://")
    try:
        text = os.environ.get(reference, "") if path == reference else Path(path).read_text("utf-8")
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or "it is no text"
        raise InfrastructureError(f"the token of the server cannot be read from {path}: {said}") from error
    where = f"the environment variable {reference}" if path == reference else path
    token = text.strip()
    if not token:
        raise InfrastructureError(
            f"the token of the server is to be in {where}, and nothing is there",
            hint='one is made by: python3 -c "import secrets; print(secrets.token_urlsafe(32))"',
        )
    if len(token) < _SHORTEST:
        raise ConfigurationError(
            f"the token in {where} has {len(token)} characters: fewer than {_SHORTEST} can be guessed",
            hint='one is made by: python3 -c "import secrets; print(secrets.token_urlsafe(32))"',
        )
    return token


class Guard:
    """Knows who brings the token."""

    def __init__(self, token: str) -> None:
        self._wanted = _digest(b"Bearer " + token.encode("utf-8"))

    def admits(self, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        """Compare in constant time: digests, so that not even the length shows; a header that came twice is none."""
        brought = [value for name, value in headers if name == b"authorization"]
        return len(brought) == 1 and hmac.compare_digest(_digest(brought[0]), self._wanted)


class Guarded:
    """An application that answers 401 to whoever does not bring the token."""

    def __init__(self, app: ASGIApp, guard: Guard, more: Iterable[str] = ()) -> None:
        """Guard all but reading OPEN and `more`."""
        self._app, self._guard = app, guard
        self._open = frozenset({*OPEN, *more})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it; whatever is no request passes."""
        if scope["type"] != "http" or self._probes(scope) or self._guard.admits(scope["headers"]):
            await self._app(scope, receive, send)
            return
        headers = [(b"content-type", b"application/json"), (b"www-authenticate", b"Bearer")]
        headers.append((b"content-length", b"%d" % len(_REFUSED)))
        await send({"type": "http.response.start", "status": 401, "headers": headers})
        await send({"type": "http.response.body", "body": _REFUSED})

    def _probes(self, scope: Scope) -> bool:
        return scope["path"] in self._open and scope["method"] in _PROBED


def _digest(text: bytes) -> bytes:
    return hashlib.sha256(text).digest()
