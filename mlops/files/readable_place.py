"""A place that is only read: an address of `remote_folder`, or a web server's."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Protocol

from mlops.errors import ConfigurationError, InfrastructureError
from mlops.files.remote_folder import RemoteFolder

_TIMEOUT = 30  # seconds for an answer
_WEB = ("http://", "https://")


class ReadablePlace(Protocol):
    """Files by relative name."""

    @property
    def address(self) -> str:
        """Where it is."""

    def read(self, name: str, largest: int) -> bytes | None:
        """Read a file of at most so many bytes; None where there is none.

        Raises:
            InfrastructureError: the place does not answer, or the file is larger.
        """


@dataclass(frozen=True)
class WebPlace:
    """Files below an address of a web server; what is read must be signed, for nobody vouches for the way."""

    address: str

    def read(self, name: str, largest: int) -> bytes | None:
        """Ask the server."""
        where = f"{self.address}/{name}"
        request = urllib.request.Request(where, headers={"cache-control": "no-cache"})  # noqa: S310 - http alone, by `open_readable`
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310
                data: bytes = answer.read(largest + 1)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code in (404, 410):
                return None
            raise InfrastructureError(f"{where} answers {error.code}", hint="check the address") from error
        except (OSError, ValueError, http.client.HTTPException) as error:
            said = " ".join(str(error).split())[:200] or type(error).__name__
            raise InfrastructureError(f"{where} does not answer: {said}", hint="check the address") from error
        return _held(where, data, largest)


@dataclass(frozen=True)
class StorePlace:
    """Files of a folder at an address of ours."""

    remote: RemoteFolder

    @property
    def address(self) -> str:
        """Where it is."""
        return self.remote.address

    def read(self, name: str, largest: int) -> bytes | None:
        """Fetch a file."""
        try:
            data = self.remote.read(name, largest + 1)
        except FileNotFoundError:
            return None
        return _held(f"{self.address}/{name}", data, largest)


def open_readable(address: str) -> ReadablePlace:
    """Open a place by its address.

    Raises:
        ConfigurationError: it is none that we read.

    Example:
        >>> open_readable("https://models.example/live").address
        'https://models.example/live'
    """
    plain = address.rstrip("/")
    if not plain.startswith(_WEB):
        return StorePlace(RemoteFolder.parse(plain))
    if "@" in plain or "?" in plain or "#" in plain or any(ord(character) <= 32 for character in plain):
        message = f"{address} holds more than a server and a path"
        raise ConfigurationError(message, hint="write an address such as https://models.example/live")
    return WebPlace(plain)


def _held(where: str, data: bytes, largest: int) -> bytes:
    if len(data) > largest:
        raise InfrastructureError(f"{where} has more than {largest:,} bytes", hint="nothing of it is read")
    return data
