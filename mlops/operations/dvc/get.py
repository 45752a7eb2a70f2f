"""An output of a pipeline as of a commit, brought by DVC and held against what that commit's lock names it.

DVC compares nothing that it takes from its cache or a remote; what it delivers is read before anything is made of it.
What lies in the cache already is laid out here: DVC takes seconds to clone the repository and to look for itself.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from mlops.errors import InfrastructureError, IntegrityError
from mlops.files.dvc_cache import listed, objects, placed
from mlops.files.dvc_environment import UNREPORTED
from mlops.files.hardlink import hardlink
from mlops.files.relative import trouble
from mlops.operations.dvc.lock import md5_tree, parse_lock
from mlops.operations.git import files_at

_SECONDS = 600


def get(root: Path, name: str, output: str, commit: str, place: Path) -> bool:
    """Bring an output to a place where nothing is yet; False where DVC has it nowhere.

    Raises:
        IntegrityError: it came with other bytes than the lock of that commit records, and is deleted again.
        InfrastructureError: it did not come in ten minutes.
    """
    path, recorded = f"pipelines/{name}/{output}", _recorded(root, name, output, commit)
    if not (recorded and _cached(objects(root), recorded, place)) and not ask_dvc(root, path, commit, place):
        return False
    if md5_tree(place) != recorded:
        raise IntegrityError(
            f"{path} of commit {commit[:8]} came with other bytes than its dvc.lock records",
            hint=f"on that commit, `mlops verify {name} --bytes --remote` says which object of DVC's is bad",
        )
    return True


def _cached(kept: Path, digest: str, place: Path) -> bool:
    """Lay a file or a folder out from the cache; False where not all of it is there, or a path leads out of it."""
    folder = digest.endswith(".dir")
    files = listed(kept, digest) if folder else {"": digest}
    found = {path: placed(kept, name) for path, name in files.items()}
    there = {path: source for path, source in found.items() if source is not None and source.is_file()}
    if not files or len(there) != len(files) or (folder and any(map(trouble, files))):
        return False
    for path, source in there.items():
        hardlink(source, place / path)
    return True


def ask_dvc(root: Path, path: str, commit: str, place: Path) -> bool:
    """Have DVC bring a path of a commit, unread; False where it has it nowhere.

    Raises:
        InfrastructureError: it did not come in ten minutes.
    """
    command = [sys.executable, "-P", "-m", "dvc", "get", str(root), path, "--rev", commit, "--out", str(place)]
    with tempfile.TemporaryDirectory(prefix="mlops-get-") as folder:
        try:
            done = subprocess.run(  # noqa: S603
                command, cwd=folder, env=os.environ | UNREPORTED, capture_output=True, check=False, timeout=_SECONDS
            )
        except subprocess.TimeoutExpired as error:
            raise InfrastructureError(f"dvc did not bring {path} of commit {commit[:8]} in ten minutes") from error
    return done.returncode == 0


def _recorded(root: Path, name: str, output: str, commit: str) -> str | None:
    lock = f"pipelines/{name}/dvc.lock"
    stages = parse_lock(files_at(root, commit, [lock]).get(lock, b""), lock)
    return next((stage.outputs[output] for stage in stages.values() if output in stage.outputs), None)
