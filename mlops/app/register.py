"""`mlops register NAME`: the bundle in the working tree becomes a version in the MLflow registry, once."""

from __future__ import annotations

import csv
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops.app.git import changed_files, commit_of
from mlops.bundle.store import Store
from mlops.errors import ConfigurationError, IntegrityError, StaleError
from mlops.files.canonical import digest_file
from mlops.files.sqlite_store import absolute
from mlops.release import registry
from mlops.release.entry import Origin

if TYPE_CHECKING:
    from pathlib import Path

    from mlops.app.workspace import Workspace
    from mlops.release.entry import Measured

STORE = ".mlops/bundles"


@dataclass(frozen=True)
class Registration:
    """A version in the registry; `created` is False where it was there before, made at `commit`."""

    name: str
    version: str
    bundle: str
    commit: str
    dirty: bool
    created: bool
    tracking: str


def register(workspace: Workspace, name: str) -> Registration:
    """Register a pipeline's bundle where the project tracks; `MLFLOW_TRACKING_URI` overrides the project."""
    tracking = workspace.pipeline(name).tracking
    uri = os.environ.get("MLFLOW_TRACKING_URI") or tracking["uri"]
    return register_bundle(workspace.root, name, uri, tracking["experiment"])


def register_bundle(root: Path, name: str, tracking_uri: str, experiment: str) -> Registration:
    """Put the pipeline's bundle into the store and register it.

    Raises:
        StaleError: there is no bundle to register yet.
        IntegrityError: the bundle is not the one that the run reported.
        ConfigurationError: there is no commit that a version could name.
        InfrastructureError: MLflow does not answer.
    """
    folder = root / "pipelines" / name
    digest = _checked(folder, name)
    commit, dirty = _origin(root, name)
    Store(root / STORE).put(folder / "artifacts" / "bundle")
    uri = absolute(root, tracking_uri)
    made = registry.register(
        folder / "artifacts" / "bundle",
        pipeline=name,
        tracking_uri=uri,
        experiment=experiment,
        origin=Origin(commit, dirty, f"pipelines/{name}"),
        history=read_history(folder / "reports" / "history.csv"),
    )
    return Registration(name, made.version, digest, made.commit, dirty, made.created, uri)


def read_history(path: Path) -> tuple[Measured, ...]:
    """Read what training measured by epoch, as `candidate/metric`; nothing where no candidate has epochs."""
    if not path.is_file():
        return ()
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["value"]]
    return tuple((f"{row['candidate']}/{row['metric']}", float(row["value"]), int(row["epoch"])) for row in rows)


def _checked(folder: Path, name: str) -> str:
    """Digest the bundle on disk and hold it against what the run reported."""
    manifest, report = folder / "artifacts" / "bundle" / "manifest.json", folder / "reports" / "bundle.json"
    if not manifest.is_file() or not report.is_file():
        raise StaleError(f"pipelines/{name} has no bundle", hint=f"run `mlops run {name}` first")
    digest = digest_file(manifest)
    reported = str(json.loads(report.read_bytes()).get("digest"))
    if digest != reported:
        message = f"pipelines/{name}/artifacts/bundle is {digest[:19]}… but reports/bundle.json says {reported[:19]}…"
        raise IntegrityError(message, hint=f"run `mlops run {name}` to make it again")
    return digest


def _origin(root: Path, name: str) -> tuple[str, bool]:
    """Name the commit that is checked out, and whether the pipeline's files differ from it."""
    try:
        commit = commit_of(root, "HEAD")
    except ConfigurationError as error:
        hint = "commit the pipeline first: a version names the commit it was made from"
        raise ConfigurationError(f"{root.name}/ has no Git commit yet", hint=hint) from error
    folders = (f"pipelines/{name}", f"conf/pipeline/{name}.yaml")
    return commit, any(changed_files(root, commit, folder) for folder in folders)
