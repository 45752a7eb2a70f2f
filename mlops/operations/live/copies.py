"""The registry's copies of a model's bundles, made good where they are not the bundles that their versions name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops.bundle.contents import Contents
from mlops.errors import IntegrityError
from mlops.files.sqlite_store import artifact_location
from mlops.operations.live.bundles import obtain
from mlops.operations.live.papers import papers_of
from mlops.operations.live.registry import Connect, begun, stating, tracking_uri
from mlops.operations.project import open_project
from mlops.operations.tracked import place_of, source_here
from mlops.release import replaced
from mlops.release.aliases import find_version, version_at
from mlops.release.entry import STATEMENT, read_entry
from mlops.release.registry import enter
from mlops.release.tracking import connection

if TYPE_CHECKING:
    from pathlib import Path

    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

    from mlops.bundle.papers import Papers


@dataclass(frozen=True)
class Replaced:
    """A version that was not its bundle, what was wrong with it, and the version that is in its place."""

    version: str
    bundle: str
    problem: str
    by: str


def repair_copies(root: Path, name: str, *, connect: Connect = connection) -> tuple[Replaced, ...]:
    """Register anew every bundle of a model that MLflow's store holds otherwise, from a copy that is not MLflow's.

    Raises:
        InfrastructureError: MLflow does not answer, or the bundle is nowhere else to be had.
        IntegrityError: no other copy is what its digest says, or what was registered anew is changed already.
    """
    _, project = open_project(root, name)
    uri = tracking_uri(root, project)
    if not begun(uri):
        return ()
    with connect(uri) as client:
        found = tuple(replaced.spoilt(client, name))
        return tuple(_replace(root, uri, client, item) for item in found)


def _replace(root: Path, uri: str, client: MlflowClient, item: tuple[ModelVersion, str, str]) -> Replaced:
    """Find bundle and papers before anything is changed: what cannot be made good stays as it is."""
    version, digest, problem = item
    name = str(version.name)
    contents = Contents.read(obtain(root, name, digest), digest)
    papers = _papers(root, client, version, contents)
    by = source_here(root, f"mlops repair {name} --registry")
    entry = read_entry(contents, papers, replaced.origin_of(version, place_of(root / "pipelines" / name), by))
    replaced.set_aside(client, version, digest)
    enter(client, entry, contents, papers, name, artifact_location(uri, name))
    made = find_version(client, name, digest)
    if made is None:
        raise IntegrityError(f"{name}: MLflow does not show the bundle {digest[:19]}… after it was registered anew")
    replaced.drop(client, version, digest)
    return Replaced(str(version.version), digest, problem, made.number)


def _papers(root: Path, client: MlflowClient, version: ModelVersion, contents: Contents) -> Papers:
    statement = version.tags.get(STATEMENT) or None
    return papers_of(root, str(version.name), contents, statement, stating(client, version_at(version)))
