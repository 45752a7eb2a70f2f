"""What a machine reaches of the places that a repository names: all of them, or only its own disk."""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import urlsplit

SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://")
_SERVERS = ("http", "https", "databricks", "postgresql", "mysql", "mssql")
_CLOUDS = ("s3", "gs", "azure")  # schemes of DVC's whose credentials are a role's
# credentials that DVC takes from the environment, by the scheme of a remote: any of these groups is enough
_KEYS: dict[str, tuple[frozenset[str], ...]] = {
    "s3": (frozenset({"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}),),
    "azure": (
        frozenset({"AZURE_STORAGE_CONNECTION_STRING"}),
        frozenset({"AZURE_STORAGE_KEY"}),
        frozenset({"AZURE_STORAGE_SAS_TOKEN"}),
        frozenset({"AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_TENANT_ID"}),
    ),
}
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


def unwritable(remote: str, *, signed_in: bool, secrets: Collection[str] = ()) -> str | None:
    """Say why a job, which signs in to a cloud or does not, cannot push to a DVC remote; None where it may.

    `secrets` are the names of those that it holds. Whether a role, or a key, is allowed to is known to the store alone.
    """
    if not remote:
        return "there is no DVC remote"
    if not is_address(remote):
        return None  # a disk: whether jobs share it is another question
    scheme, held = remote.partition("://")[0], set(secrets)
    groups = _KEYS.get(scheme, ())
    if any(group <= held for group in groups):
        return None
    if scheme not in _CLOUDS:
        return f"no job has credentials for {scheme}://"
    if not signed_in:
        begun = (min(group - held) for group in groups if group & held)
        return next((f"no job has {name}" for name in begun), f"no job signs in to where {scheme}:// is")
    return None
