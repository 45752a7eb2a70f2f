"""`endpoint:` of an environment: where whoever serves there can be asked what is served."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from mlops.blocks.block import Block
from mlops.files.loopback import is_loopback
from mlops.targets.local import Reference

_NAME = "{name}"


def _address(text: str) -> str:
    """Refuse an address that a token cannot be sent to, and one with a secret in it."""
    if not _usable(text.replace(_NAME, "name")):
        raise ValueError("an address is `https://HOST/PATH`, or `http://` on this machine, and may hold `{name}`")
    return text


def _usable(address: str) -> bool:
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:  # a port of six digits, half an IPv6 address
        return False
    if not host or port == 0 or parts.query or parts.fragment or "@" in parts.netloc or not address.isascii():
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))


class Endpoint(Block):
    """Where the servers of an environment answer; `mlops show --ask` asks each for its bundle."""

    url: Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_address)]
    """Address before `/version`; `{name}` becomes the name of the pipeline."""
    token_from: Reference | None = None
    """Where the token for it is found: an environment variable's name, or `file:///path`; none is sent where absent."""

    def of(self, name: str) -> str:
        """Give the address of one pipeline's servers, without a slash at its end."""
        return self.url.replace(_NAME, name).rstrip("/")
