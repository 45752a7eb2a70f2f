"""What a recorded run wrote and Git does not hold, pushed to where DVC keeps it for everybody."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlops.configuration.reach import unwritable
from mlops.errors import InfrastructureError, StaleError
from mlops.operations.dvc.remote import answering, remote
from mlops.operations.project import open_project

_WRITE = "dvc push; of a job, may its role or key write there? `writer` and `secrets` of `ci` in conf/project.yaml"


@dataclass(frozen=True)
class Kept:
    """How many objects were sent; `why` says why none could be."""

    name: str
    pushed: int = 0
    why: str = ""


def keep(root: Path, name: str) -> Kept:
    """Push what this machine has of a pipeline's last run: a bundle that was taken over, all where it was made here.

    Raises:
        StaleError: there is no run.
        InfrastructureError: the remote does not take it.
    """
    _, project = open_project(root, name)
    signed_in = bool(project.ci.writer or project.ci.cloud)
    why = unwritable(remote(root), signed_in=signed_in, secrets=project.ci.secrets_for("remote"))
    if why is not None:
        return Kept(name, why=why)
    file = f"pipelines/{name}/dvc.yaml"
    if not (root / file).with_name("dvc.lock").is_file():
        raise StaleError(f"pipelines/{name} has no dvc.lock", hint=f"run `mlops run {name}` first")
    return Kept(name, push(root, file))


def into_cache(root: Path, name: str) -> None:
    """Let DVC's cache hold what is here as the lock says, and is missing there.

    Raises:
        InfrastructureError: DVC refuses.
    """
    from dvc.repo import Repo

    file = f"pipelines/{name}/dvc.yaml"
    with answering(f"DVC refuses {file}", "dvc doctor"), Repo(str(root)) as repo:
        _into_cache(repo, str(root / file))


def push(root: Path, file: str) -> int:
    """Push what is here of a `dvc.yaml`'s outputs, and say how many objects were sent.

    Raises:
        InfrastructureError: the remote does not take it.
    """
    from dvc.repo import Repo

    refused = f"the DVC remote does not take {file}"
    try:
        with answering(refused, _WRITE), Repo(str(root)) as repo:
            _into_cache(repo, str(root / file))
            return int(repo.push(targets=[str(root / file)]))
    except OSError as error:
        raise InfrastructureError(f"{refused}: {str(error).partition(chr(10))[0][:200]}", hint=_WRITE) from error


def _into_cache(repo: Any, file: str) -> None:
    """Let DVC's cache hold what the lock names and only the work tree has: a bundle that was taken over."""
    for stage in repo.stage.load_all(file):
        for out in stage.outs:
            if out.use_cache and out.hash_info and out.exists and out.changed_cache() and not out.changed_checksum():
                out.commit(relink=False)
