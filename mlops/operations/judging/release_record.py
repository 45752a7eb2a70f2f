"""A release by hand: what a change makes live must be recorded before, as `mlops release` asks too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mlops.diagnostics import Diagnostic, Position
from mlops.errors import InfrastructureError
from mlops.operations.git import changed_files, file_at
from mlops.operations.live.bundles import recorded_at
from mlops.operations.live.history import bundle_in, history, shallow
from mlops.operations.live.releases import FOLDER


def unrecorded(root: Path, commit: str) -> Iterator[Diagnostic]:
    """Find release files that name, since a commit, a bundle whose run that commit does not record.

    What was live there before may come back, whatever is recorded of it.

    Raises:
        InfrastructureError: the history that would tell was not fetched.
    """
    for path in sorted(changed_files(root, commit, FOLDER)):
        place = root / path
        bundle = bundle_in(place.read_bytes(), path) if path.endswith(".yaml") and place.is_file() else None
        if bundle is None or bundle == bundle_in(file_at(root, commit, path), path):
            continue
        environment, name = place.parent.name, place.stem
        if recorded_at(root, name, bundle, commit) is not None:
            continue
        if any(moment.bundle == bundle for moment in history(root, environment, name, commit)):
            continue
        if shallow(root):
            raise InfrastructureError("the history before was not fetched", hint="git fetch --unshallow")
        message = f"{commit[:8]}, which this is to be merged into, does not record the run that made {bundle[:19]}…"
        hint = f"merge pipelines/{name}/dvc.lock and its reports first: mlops record {name}"
        yield Diagnostic(Position(path), message, hint, "release-unrecorded")
