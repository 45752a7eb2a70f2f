"""An MLflow store that is an SQLite file: where it is, how it begins, and one process at a time in it.

MLflow makes its tables by some seventy migrations, each of which it commits, and refuses ever after a file in which it
was stopped between two of them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from mlops.files.alone import alone
from mlops.files.atomic import flush
from mlops.files.system import naming

_PREFIX = "sqlite:///"
_BESIDE = ("", "-journal", "-wal", "-shm")
_OURS = {"experiments", "alembic_version"}
_FILLED = {"alembic_version", "workspaces"}  # by the migrations themselves; a store that is ready has an experiment


def absolute(root: Path, uri: str) -> str:
    """Make a relative SQLite path relative to the repository, whatever folder a process runs in."""
    if not within(uri):
        return uri
    path = root / uri.removeprefix(_PREFIX)
    path.parent.mkdir(parents=True, exist_ok=True)
    return f"{_PREFIX}{path}"


def within(uri: str) -> bool:
    """Whether a store is a file inside the repository, whose path is relative."""
    return uri.startswith(_PREFIX) and not uri.startswith(f"{_PREFIX}/")


def path_of(uri: str) -> Path | None:
    """Find the file of an SQLite store; None for a server."""
    return Path(uri.removeprefix(_PREFIX)) if uri.startswith(_PREFIX) else None


def artifact_location(uri: str, experiment: str) -> str | None:
    """Place the artifacts of an experiment beside an SQLite file; a server has a place of its own."""
    path = path_of(uri)
    return None if path is None else _beside(path, experiment)


def _beside(path: Path, experiment: str) -> str:
    return str(path.parent / "mlartifacts" / experiment)


@contextmanager
def one_at_a_time(uri: str) -> Iterator[None]:
    """Let one process of this machine at a time create, migrate or search an SQLite file; a server has no lock."""
    path = path_of(uri)
    if path is None:
        yield
        return
    with alone(path.with_name(f"{path.name}.lock")):
        yield


def begin(uri: str, make: Callable[[str], object]) -> None:
    """Have an SQLite store appear with all its tables or not at all; to be called by one at a time.

    `make` fills the store at the URI that it is given, beside the real one: a kill or a full disk leaves a part that
    the next attempt throws away. A store that MLflow began by itself and did not finish is begun again, if it holds
    nothing; whatever holds a row, or is no store, is left alone.
    """
    path = path_of(uri)
    if path is None or not _holds_nothing(path):
        return
    part = path.with_name(f".{path.name}.part")
    with naming(path):
        _remove(part)
        try:
            with _unsynchronised(part):
                make(f"{_PREFIX}{part}")
            _settle_default(part, _beside(path, "0"))
            for suffix in _BESIDE[1:]:  # a journal of what was there before would be played back into what comes
                path.with_name(path.name + suffix).unlink(missing_ok=True)
            flush(part)
            part.replace(path)
        finally:
            _remove(part)


@contextmanager
def _unsynchronised(part: Path) -> Iterator[None]:
    """Let SQLAlchemy fill a file that only counts when it is whole without waiting for the disk at every step."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    def hurry(connection: Any, record: object) -> None:
        if isinstance(connection, sqlite3.Connection) and _file_of(connection) == str(part):
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("PRAGMA journal_mode = MEMORY")

    event.listen(Engine, "connect", hurry)
    try:
        yield
    finally:
        event.remove(Engine, "connect", hurry)


def _file_of(connection: sqlite3.Connection) -> str:
    return next((str(file) for _, name, file in connection.execute("PRAGMA database_list") if name == "main"), "")


def _holds_nothing(path: Path) -> bool:
    if not path.exists() or not path.stat().st_size:
        return True
    try:
        with closing(sqlite3.connect(path)) as store:
            names = {str(name) for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            return bool(names & _OURS) and not any(_has_row(store, name) for name in names - _FILLED)
    except sqlite3.Error:  # whoever opens it next says why
        return False


def _settle_default(part: Path, place: str) -> None:
    """Give MLflow's own first experiment a place: by itself it takes the folder it runs in, a pipeline's."""
    with closing(sqlite3.connect(part)) as store:
        store.execute("UPDATE experiments SET artifact_location = ?", (place,))
        store.commit()


def _has_row(store: sqlite3.Connection, table: str) -> bool:
    quoted = '"{}"'.format(table.replace('"', '""'))
    return store.execute(f"SELECT 1 FROM {quoted} LIMIT 1").fetchone() is not None  # noqa: S608 - quoted


def _remove(part: Path) -> None:
    for suffix in _BESIDE:
        part.with_name(part.name + suffix).unlink(missing_ok=True)
