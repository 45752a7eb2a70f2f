"""A version whose copy in MLflow's store is not its bundle, replaced by one that is.

The old one stops naming the bundle first, so that nothing takes it for that any more; its run and its files stay under
MLflow's deleted ones, for who wants to know what was put there. A replacement cut short is finished by the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlops.errors import IntegrityError
from mlops.release import stored
from mlops.release.entry import BUNDLE, JUDGED, Origin
from mlops.release.runs import give_up

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

    from mlops.files.tracked import Source

_SPOILT = "spoilt "


def spoilt(client: MlflowClient, name: str) -> Iterator[tuple[ModelVersion, str, str]]:
    """Give the versions of a model that are not their bundles, with the digests that they stood for, and what is wrong.

    Nothing is said to be wrong with one whose replacement was begun.
    """
    for version in client.search_model_versions(f"name = '{name}'"):
        digest = version.tags.get(BUNDLE, "")
        if digest.startswith(_SPOILT):
            yield version, digest.removeprefix(_SPOILT), ""
        elif digest:
            try:
                stored.hold(client, version, digest)
            except IntegrityError as error:
                yield version, digest, error.message


def set_aside(client: MlflowClient, version: ModelVersion, digest: str) -> None:
    """Let a version and its run name no bundle any more."""
    if _owns(client, version, digest):
        client.set_tag(str(version.run_id), BUNDLE, f"{_SPOILT}{digest}")
    client.set_model_version_tag(version.name, str(version.version), BUNDLE, f"{_SPOILT}{digest}")


def drop(client: MlflowClient, version: ModelVersion, digest: str) -> None:
    """Delete a version that was set aside, its model and its run, which MLflow keeps until its own `gc`."""
    if _owns(client, version, f"{_SPOILT}{digest}"):
        give_up(client, str(version.run_id))
    client.delete_model_version(version.name, str(version.version))


def origin_of(version: ModelVersion, place: str, by: Source) -> Origin:
    """Read from a version's tags where its bundle was made; `place` is that of its data, `by` who registers it anew."""
    tags = version.tags
    return Origin(tags.get("mlops.commit", ""), tags.get("mlops.dirty") == "true", place, tags.get(JUDGED), by)


def _owns(client: MlflowClient, version: ModelVersion, digest: str) -> bool:
    """Whether the run that a version names is of this bundle: a row that was written by others may name any."""
    run = client.get_run(str(version.run_id))
    return bool(run.data.tags.get(BUNDLE) == digest and run.info.lifecycle_stage == "active")
