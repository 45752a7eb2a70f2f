"""The data of a change, brought by its digests from the judge's own remote, and laid out where the change may."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

from mlops.errors import ConfigurationError
from mlops.operations.dvc.lock import md5_tree, read_lock
from mlops.operations.dvc.objects import Bring, OtherBytes, kept, lay_out
from mlops.operations.dvc.tracked_data import tracked_data
from mlops.operations.git import changed_between, commit_of, has_commit
from mlops.operations.judging.opponent import Run
from mlops.operations.judging.other_rows import makes_otherwise
from mlops.operations.judging.replay import MODEL
from mlops.operations.judging.tables import TABLES
from mlops.operations.planning.relied import framework_of
from mlops.operations.project import open_project

_LATER = ("artifacts/bundle", "artifacts/evaluation")
"""What of a recorded run is judged, or claimed, beside its data."""


def fetch_data(root: Path, change: Path, names: tuple[str, ...], bring: Bring | None = None) -> tuple[str, ...]:
    """Bring the data of pipelines, and the bundles that their locks record; give what the remote lacks.

    Raises:
        ConfigurationError: a `.dvc` file leads out of the folder of its pipeline; nothing was brought.
        InfrastructureError: the remote does not answer.
    """
    rows = _made_otherwise(root, change, names)
    wanted = {path: digest for name in names for path, digest in _wanted(change, name, rows.get(name, ())).items()}
    absent = {path: digest for path, digest in wanted.items() if md5_tree(change / path) != digest}
    with kept(root) if bring is None else nullcontext(bring) as there:
        return tuple(path for path, digest in absent.items() if not _had(there, digest, change / path, path))


def _had(bring: Bring, digest: str, place: Path, path: str) -> bool:
    try:
        return lay_out(bring, digest, place, path)
    except OtherBytes:
        return False


def _made_otherwise(root: Path, change: Path, names: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Name the tables of pipelines that a change which moves the framework may make otherwise than what judges it."""
    try:
        base = commit_of(root, "HEAD")
    except ConfigurationError:  # nothing was committed there: who judges says so
        return {}
    if not has_commit(change, base):
        return {}
    _, project = open_project(root)
    if not framework_of(changed_between(change, base, "HEAD", ["."]), project.ci.install):
        return {}
    runs = (run for run in (Run.here(change, name) for name in names) if (run.place / "params.yaml").is_file())
    return {run.name: tuple(TABLES.values()) for run in runs if makes_otherwise(root, run.sections())}


def _wanted(change: Path, name: str, rows: tuple[str, ...]) -> dict[str, str]:
    folder = f"pipelines/{name}"
    wanted = tracked_data(change, name)
    locked = read_lock(change, folder)
    judged = locked["evaluate"].inputs if "evaluate" in locked else {}
    later = (*_LATER, *(path for path in (MODEL,) if path in judged), *rows)
    for stage in locked.values():
        wanted |= {f"{folder}/{path}": stage.outputs[path] for path in later if path in stage.outputs}
    return wanted
