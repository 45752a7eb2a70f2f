"""An output of a pipeline as of a commit, brought by the name that the commit's lock gives it."""

from __future__ import annotations

from pathlib import Path

from mlops.errors import IntegrityError
from mlops.files.hardlink import hardlink
from mlops.operations.dvc.lock import parse_lock
from mlops.operations.dvc.objects import OtherBytes, kept, lay_out
from mlops.operations.git import files_at


def get(root: Path, name: str, output: str, commit: str, place: Path) -> bool:
    """Bring an output to a place where nothing is yet, only to be read; False where DVC has not all of it.

    Raises:
        IntegrityError: it has other bytes than the lock of that commit records, or leads out of its folder.
        InfrastructureError: the remote does not answer.
    """
    path, recorded = f"pipelines/{name}/{output}", _recorded(root, name, output, commit)
    if recorded is None:
        return False
    try:
        with kept(root, hardlink) as bring:
            return lay_out(bring, recorded, place, path)
    except OtherBytes as error:
        raise IntegrityError(
            f"{path} of commit {commit[:8]} came with other bytes than its dvc.lock records",
            hint=f"on that commit, `mlops verify {name} --bytes --remote` says which object of DVC's is bad",
        ) from error


def _recorded(root: Path, name: str, output: str, commit: str) -> str | None:
    lock = f"pipelines/{name}/dvc.lock"
    stages = parse_lock(files_at(root, commit, [lock]).get(lock, b""), lock)
    return next((stage.outputs[output] for stage in stages.values() if output in stage.outputs), None)
