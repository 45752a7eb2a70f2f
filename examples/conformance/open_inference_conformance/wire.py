"""What is asked of a server under test, and what it said: one connection a request, no redirect followed."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

TIMEOUT = 30  # seconds: of a first request, which may load a model


class Unreachable(Exception):
    """Nobody answers at the address, or not in HTTP."""


@dataclass(frozen=True)
class Reply:
    """What came back: status, headers by their names in small letters, body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """Read the body. Raises ValueError where it is no JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Server:
    """A server under test, by the address before `/v2`.

    >>> Server("http://127.0.0.1:8080/").url
    'http://127.0.0.1:8080'
    """

    url: str
    token: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "url", self.url.rstrip("/"))
        if urlsplit(self.url).scheme not in ("http", "https") or not urlsplit(self.url).hostname:
            raise Unreachable(f"{self.url!r} is no address of a server: http://127.0.0.1:8080")

    def get(self, path: str) -> Reply:
        """Ask by GET."""
        return self.ask("GET", path, None)

    def post(self, path: str, document: Any) -> Reply:
        """Send a document as JSON; bytes go as they are."""
        return self.ask("POST", path, document if isinstance(document, bytes) else json.dumps(document).encode())

    def ask(self, method: str, path: str, body: bytes | None) -> Reply:
        """Send one request. Raises Unreachable."""
        at = urlsplit(self.url)
        connect = http.client.HTTPSConnection if at.scheme == "https" else http.client.HTTPConnection
        connection = connect(str(at.hostname), at.port, timeout=TIMEOUT)
        headers = {} if body is None else {"Content-Type": "application/json"}
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        try:
            connection.request(method, at.path + path, body, headers)
            said = connection.getresponse()
            found = {name.lower(): value for name, value in said.getheaders()}
            return Reply(said.status, found, said.read())
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f"{method} {self.url}{path}: {error or type(error).__name__}") from error
        finally:
            connection.close()


def path(model: str, version: str | None = None, verb: str = "") -> str:
    """Spell the path of a model.

    >>> path("a b", "1", "infer")
    '/v2/models/a%20b/versions/1/infer'
    """
    versioned = "" if version is None else f"/versions/{quote(version, safe='')}"
    return f"/v2/models/{quote(model, safe='')}{versioned}{verb and '/'}{verb}"
