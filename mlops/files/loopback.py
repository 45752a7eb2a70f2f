"""Addresses that only this machine reaches: how a server tells its own, and asking it by no proxy."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable
    from urllib.request import BaseHandler, OpenerDirector


def is_loopback(host: str) -> bool:
    """Say whether a server on `host` can be reached from this machine alone; a name other than `localhost` is not."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def told(lines: Iterable[str]) -> tuple[str | None, str]:
    """Read what a server of ours says until a line ends in its address; give that, or None, and what was said.

    Others may say something first: a library, an interpreter.

    Example:
        >>> told(iter(["a library: no GPU", "churn at http://127.0.0.1:8080", "never read"]))[0]
        'http://127.0.0.1:8080'
    """
    said = []
    for line in lines:
        said.append(line)
        address = line.strip().rpartition(" at ")[2]
        if address.startswith("http://"):
            return address, "".join(said)
    return None, "".join(said)


def opener(address: str, *handlers: BaseHandler | type[BaseHandler]) -> OpenerDirector:
    """Make what asks an address: this machine's own by no proxy of the environment, which is elsewhere.

    Example:
        >>> asking = opener("http://127.0.0.1:1")
        >>> [type(each).__name__ for each in asking.handlers if "Proxy" in type(each).__name__]
        []
    """
    from urllib.request import ProxyHandler, build_opener  # half of what a short verb imports

    here = is_loopback(urlsplit(address).hostname or "")
    return build_opener(*handlers, *((ProxyHandler({}),) if here else ()))
