"""Where MLflow keeps a model: with the model that a run made, or, registered before there were such, with the run.

Both are a folder in an artifact store, which is listed and read alike; a version says where it leads, and that must be
such a folder of its own run.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel
    from mlflow.store.artifact.artifact_repo import ArtifactRepository

ARTIFACT = "model"
"""Where the artifacts of a run hold the model, if they do; and how files of a model are named to people."""


def models(client: MlflowClient, run: str) -> list[LoggedModel]:
    """List the models that a run made and that are not deleted."""
    from mlflow.exceptions import MlflowException

    found, outputs = [], client.get_run(run).outputs
    for output in [] if outputs is None else outputs.model_outputs:
        try:
            found.append(client.get_logged_model(output.model_id))
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
    return found


def kept(client: MlflowClient, run: str) -> list[str]:
    """Name the folders in which a run may keep its model."""
    places = [str(model.artifact_location) for model in models(client, run)]
    return places or [f"{client.get_run(run).info.artifact_uri}/{ARTIFACT}"]


def listed(client: MlflowClient, place: str, folder: str | None = None) -> Iterator[tuple[str, int]]:
    """List the files in a place, by their paths there, with their sizes."""
    for entry in _store(client, place).list_artifacts(folder):
        if entry.is_dir:
            yield from listed(client, place, entry.path)
        else:
            yield entry.path, int(entry.file_size or 0)


def fetch(client: MlflowClient, place: str, path: str, folder: Path) -> Path:
    """Bring a file of a place, or with an empty path all of it, into `folder`, and say where it lies there."""
    into = folder / ARTIFACT
    into.mkdir(parents=True, exist_ok=True)
    return Path(_store(client, place).download_artifacts(path, str(into)))


def _store(client: MlflowClient, place: str) -> ArtifactRepository:
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    return get_artifact_repository(place, tracking_uri=client.tracking_uri)
