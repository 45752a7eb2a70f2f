"""Objects of a pipeline in DVC's default remote, held against their names; a bad one is deleted on demand alone.

`dvc push` skips what exists, so a bad object stays until it is deleted; `dvc pull` brings it to everybody.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlops.errors import InfrastructureError, StaleError
from mlops.files.dvc_cache import parse_list, placed
from mlops.operations.dvc.lock import read_lock
from mlops.operations.dvc.objects import opened
from mlops.operations.dvc.remote import remote
from mlops.operations.live.keeping import push
from mlops.operations.project import open_project


@dataclass(frozen=True)
class Bad:
    """A bad object of the remote: whose it is, by path in the pipeline's folder, its name, and where it lies."""

    path: str
    digest: str
    place: str


@dataclass(frozen=True)
class Repaired:
    """How many objects were read, which of them were deleted, and how many were sent in their place."""

    read: int
    deleted: tuple[Bad, ...]
    pushed: int


def bad_in_remote(root: Path, name: str) -> tuple[Bad, ...]:
    """Read every object that a pipeline's lock names in the remote, and give those that have other bytes.

    Raises:
        ConfigurationError: there is no such pipeline.
        StaleError: there is no run, or no remote.
        InfrastructureError: the remote does not answer.
    """
    with _remote_of(root, name) as (odb, named):
        return tuple(item for item, good in _looked(odb, named) if not good)


def repair_remote(root: Path, name: str) -> Repaired:
    """Read every object that a pipeline's lock names in the remote, delete those with other bytes, push what is here.

    Raises:
        ConfigurationError: there is no such pipeline.
        StaleError: there is no run, or no remote.
        InfrastructureError: the remote does not answer, or takes no change.
    """
    with _remote_of(root, name) as (odb, named):
        looked = [*_looked(odb, named)]
        bad = tuple(item for item, good in looked if not good)
        _delete(odb, bad)
    return Repaired(len(looked), bad, push(root, f"pipelines/{name}/dvc.yaml") if bad else 0)


@contextmanager
def _remote_of(root: Path, name: str) -> Iterator[tuple[Any, dict[str, str]]]:
    """Open the remote, and read from the lock what it should have: paths by digest."""
    open_project(root, name)
    folder = f"pipelines/{name}"
    named = {digest: path for stage in read_lock(root, folder).values() for path, digest in stage.outputs.items()}
    if not named:
        raise StaleError(f"{folder} has no dvc.lock", hint=f"run `mlops run {name}` first")
    if not remote(root):
        raise StaleError("there is no DVC remote", hint="dvc remote add -d NAME URL")
    with opened(root) as odb:
        yield odb, named


def _looked(odb: Any, named: dict[str, str]) -> Iterator[tuple[Bad, bool]]:
    """Read objects that are there, the lists of folders first, and say of each whether its bytes are its name."""
    waiting = sorted(named.items(), reverse=True)
    seen: set[str] = set()
    while waiting:
        digest, path = waiting.pop()
        if digest in seen or placed(Path(), digest) is None:
            continue
        place = odb.oid_to_path(digest)
        if not odb.fs.exists(place):
            continue
        seen.add(digest)
        good = _md5(odb.fs, place) == digest.removesuffix(".dir")
        yield Bad(path, digest, str(odb.fs.unstrip_protocol(place))), good
        if good and digest.endswith(".dir"):
            with odb.fs.open(place, "rb") as file:
                inside = parse_list(file.read())
            waiting += [(known, f"{path}/{inner}") for inner, known in inside.items()]


def _md5(fs: Any, place: str) -> str:
    from dvc_data.hashfile.hash import file_md5

    return str(file_md5(place, fs))


def _delete(odb: Any, bad: tuple[Bad, ...]) -> None:
    if not bad:
        return
    if odb.read_only:
        raise InfrastructureError("the DVC remote may only be read", hint="dvc config")
    from dvc_data.hashfile.db import get_index

    odb.fs.remove([odb.oid_to_path(item.digest) for item in bad])
    get_index(odb).clear()
