"""An MLflow store that is an SQLite file: where it is, where its artifacts go, and one process at a time in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mlops.files.alone import alone

_PREFIX = "sqlite:///"


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
    return None if path is None else str(path.parent / "mlartifacts" / experiment)


@contextmanager
def one_at_a_time(uri: str) -> Iterator[None]:
    """Let one process of this machine at a time create, migrate or search an SQLite file; a server has no lock."""
    path = path_of(uri)
    if path is None:
        yield
        return
    with alone(path.with_name(f"{path.name}.lock")):
        yield
