"""What a machine reaches of the places that a repository names: all of them, or only its own disk."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://")
_SERVERS = ("http", "https", "databricks", "postgresql", "mysql", "mssql")
_FILE = "file://"
_SQLITE = "sqlite:///"


def is_address(remote: str) -> bool:
    """Whether a DVC remote is one that other machines reach: neither a path nor `file://`."""
    return bool(SCHEME.match(remote)) and not remote.startswith(_FILE)


def is_server(tracking: str) -> bool:
    """Whether a tracking URI is one that other machines reach: neither a path nor an SQLite file."""
    return urlsplit(tracking).scheme.partition("+")[0] in _SERVERS


def stays(place: str) -> bool:
    """Whether a place on disk is still there for the next job of a machine that is kept: an absolute path."""
    return place.removeprefix(_SQLITE if place.startswith(_SQLITE) else _FILE).startswith("/")
