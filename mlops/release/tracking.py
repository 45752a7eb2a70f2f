"""The connection to MLflow: quiet, quick to give up, and alone on an SQLite file."""

from __future__ import annotations

import errno
import logging
import os
import re
import socket
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mlops.errors import ConfigurationError, InfrastructureError
from mlops.files.sqlite_store import begin, one_at_a_time, path_of
from mlops.files.system import of_file, refused, refusing
from mlops.files.without_gc import uncollected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlflow import MlflowClient

_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
}
_SECONDS = 5
_OF_SQLITE = {
    "attempt to write a readonly database": errno.EACCES,
    "database or disk is full": errno.ENOSPC,
    "disk I/O error": errno.EIO,
    "unable to open database file": errno.EACCES,
}
"""What SQLite says where the system refused a file to it, and the number that the system has for that."""
_PASSWORD = re.compile(r"(//[^/@\s:]*):\S*@")
_REFUSALS = {"UNAUTHENTICATED": 401, "CUSTOMER_UNAUTHORIZED": 401, "PERMISSION_DENIED": 403}
_LOGIN = (
    "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN; a job has them by "
    "`ci: {secrets: {MLFLOW_TRACKING_TOKEN: tracking}}` in conf/project.yaml"
)
_CURE = "correct `tracking: {uri: ...}` in conf/project.yaml"


@contextmanager
def connection(uri: str) -> Iterator[MlflowClient]:
    """Give a client for `uri`; what fails inside is an InfrastructureError that names the server.

    On an SQLite file the client is the only one of this framework on this machine: the first creates the tables, and
    two registrations of one bundle do not race. A server has no such lock.
    """
    with answering(uri), one_at_a_time(uri):
        _reach(uri)
        begin(uri, _client)
        yield _client(uri)


@contextmanager
def answering(uri: str) -> Iterator[None]:
    """Turn whatever MLflow and its libraries raise into an InfrastructureError about `uri`."""
    try:
        yield
    except Exception as error:  # what they raise shares no base
        if of_file(error) and (told := refused(error)) is not None:  # the disk's fault, not the server's
            raise told from error
        if not _outside(error):
            raise
        if (status := _refused(error)) is not None:
            raise _unknown(uri, status) from error
        raise _unanswered(uri, str(error)) from error


def _client(uri: str) -> MlflowClient:
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    with uncollected():  # what MLflow imports, here and for its first client: a quarter of two seconds
        from mlflow import MlflowClient

        for name in ("mlflow", "alembic", "urllib3"):
            logging.getLogger(name).setLevel(logging.ERROR)
        return MlflowClient(tracking_uri=uri, registry_uri=uri)


def _outside(error: Exception) -> bool:
    room = type(error).__module__.split(".")[0]
    return isinstance(error, OSError) or room in {"mlflow", "requests", "sqlalchemy", "sqlite3", "urllib3"}


def _refused(error: Exception) -> int | None:
    """Tell whether a server knows who asks, or lets them: 401 or 403; None where it said something else."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    return _REFUSALS.get(getattr(error, "error_code", "")) or (status if status in _REFUSALS.values() else None)


def _unknown(uri: str, status: int) -> InfrastructureError:
    said = "asks for a login, and takes none that is here" if status == 401 else "does not let this login do that"
    return InfrastructureError(f"MLflow at {shown(uri)} {said} (HTTP {status})", hint=_LOGIN)


def _reach(uri: str) -> None:
    """Refuse in seconds what MLflow would retry for minutes; raises ConfigurationError on what is no address."""
    path = path_of(uri)
    if path is not None:
        if path.is_file() and _begins(path) not in {b"", b"SQLite format 3\0"}:
            raise _unanswered(uri, f"{path.name} is not an SQLite database")
        return
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ConfigurationError(f"the address of MLflow is none: {shown(uri)}", hint=_CURE) from error
    if parts.scheme.startswith("http") or not host or port is None:
        return  # HTTP may go through a proxy, and the client's own retries are short
    try:
        socket.create_connection((host, port), timeout=_SECONDS).close()
    except OSError as error:
        raise _unanswered(uri, str(error)) from error


def _begins(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(16)


def _unanswered(uri: str, why: str) -> InfrastructureError:
    path = path_of(uri)
    for reason, number in _OF_SQLITE.items():
        if path is not None and reason in why:
            return refusing(OSError(number, reason, str(path)))
    lines = shown(why).strip().splitlines() or [""]
    hint = f"start the server, or {_CURE}"
    if "mlflow db upgrade" in why:
        hint = f"run `mlflow db upgrade {shown(uri)}` after a backup"
    return InfrastructureError(f"MLflow at {shown(uri)} does not answer: {lines[0][:200]}", hint=hint)


def shown(text: str) -> str:
    """Spell a URI, or a text with URIs, without the passwords in them."""
    return _PASSWORD.sub(r"\1:***@", text)
