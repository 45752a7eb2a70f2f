"""Registering a bundle: one MLflow run and one model version, however often and however interrupted it is asked.

The bundle's digest is the key. The version is written last and with all its tags in one call: while it is absent,
nothing is registered and everything before it is repeated, each step finding what an earlier attempt left; once it is
there, nothing is written again.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlops.bundle.contents import Contents
from mlops.errors import InfrastructureError, IntegrityError
from mlops.files.sqlite_store import artifact_location
from mlops.release.entry import BUNDLE, JUDGED, Entry, Measured, Origin, read_entry
from mlops.release.mlmodel import write_model
from mlops.release.tracking import connection

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run
    from mlflow.entities.model_registry import ModelVersion

ARTIFACT = "model"
_BATCH = 100


@dataclass(frozen=True)
class Registered:
    """A model version; `created` is False where it was there before, and `commit` is then of that time."""

    name: str
    version: str
    run_id: str
    commit: str
    created: bool
    judged: str | None = None


def register(
    bundle: Path,
    *,
    pipeline: str,
    tracking_uri: str,
    experiment: str,
    origin: Origin,
    history: tuple[Measured, ...] = (),
) -> Registered:
    """Register a bundle once.

    Raises:
        IntegrityError: the bundle is not what its manifest says, or belongs to another pipeline.
        InfrastructureError: MLflow does not answer.
    """
    contents = Contents.read(bundle)
    if contents.manifest.pipeline != pipeline:
        raise IntegrityError(f"the bundle in {bundle} is of {contents.manifest.pipeline}, not of {pipeline}")
    entry = read_entry(contents, origin, history)
    with connection(tracking_uri) as client:
        return enter(client, entry, contents, experiment, artifact_location(tracking_uri, experiment))


def enter(client: MlflowClient, entry: Entry, bundle: Contents, experiment: str, location: str | None) -> Registered:
    """Find the version of a bundle, or make run and version; calls that an earlier attempt made are repeated."""
    if found := versions(client, entry.name, entry.digest):
        return _registered(found[0], created=False)
    run = _run(client, entry, _experiment(client, experiment, location))
    _log(client, run, entry)
    with tempfile.TemporaryDirectory(prefix="mlops-register-") as folder:
        write_model(Path(folder), bundle)
        client.log_artifacts(run.info.run_id, folder, ARTIFACT)
    client.set_terminated(run.info.run_id, "FINISHED")
    return _settle(client, entry, _create(client, entry, run))


def versions(client: MlflowClient, name: str, bundle: str) -> list[ModelVersion]:
    """List the versions that hold a bundle, oldest first."""
    found = client.search_model_versions(f"name = '{name}' and tags.`{BUNDLE}` = '{bundle}'")
    return sorted(found, key=lambda version: int(version.version))


def _registered(version: ModelVersion, *, created: bool) -> Registered:
    commit = version.tags.get("mlops.commit", "")
    judged = version.tags.get(JUDGED)
    return Registered(version.name, str(version.version), str(version.run_id), commit, created, judged)


def _experiment(client: MlflowClient, name: str, location: str | None) -> str:
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(name)
    if found is None:
        try:
            return client.create_experiment(name, artifact_location=location)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
            found = client.get_experiment_by_name(name)
    if found is None or found.lifecycle_stage != "active":
        hint = f"restore it in MLflow, or delete it for good: mlflow gc, or name another experiment than `{name}`"
        raise InfrastructureError(f"the MLflow experiment `{name}` is deleted", hint=hint)
    return str(found.experiment_id)


def _run(client: MlflowClient, entry: Entry, experiment: str) -> Run:
    """Attach to the run of an interrupted registration, or make one."""
    text = f"tags.`{BUNDLE}` = '{entry.digest}' and tags.`mlops.pipeline` = '{entry.name}'"
    found = client.search_runs([experiment], text, order_by=["attributes.start_time ASC"], max_results=1)
    if found:
        return found[0]
    commit = dict(entry.tags)["mlops.commit"]
    own = {"mlops.pipeline": entry.name, "mlflow.source.git.commit": commit, "mlflow.source.name": "mlops register"}
    return client.create_run(experiment, tags=dict(entry.tags) | own, run_name=entry.run_name)


def _log(client: MlflowClient, run: Run, entry: Entry) -> None:
    """Log what the run holds; MLflow drops a value that is already there, so the time is the run's own."""
    from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param

    started, run_id = run.info.start_time, run.info.run_id
    params = [Param(key, value) for key, value in entry.params]
    metrics = [Metric(key, value, started, step) for key, value, step in entry.metrics]
    for start in range(0, len(params), _BATCH):
        client.log_batch(run_id, params=params[start : start + _BATCH])
    for start in range(0, len(metrics), 10 * _BATCH):
        client.log_batch(run_id, metrics=metrics[start : start + 10 * _BATCH])
    source = json.dumps({"uri": entry.source, "sha256": entry.data.removeprefix("sha256:")}, sort_keys=True)
    dataset = Dataset(entry.name, entry.data.removeprefix("sha256:")[:32], "mlops", source)
    client.log_inputs(run_id, [DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])])


def _create(client: MlflowClient, entry: Entry, run: Run) -> ModelVersion:
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(entry.name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    source = f"{run.info.artifact_uri}/{ARTIFACT}"
    return client.create_model_version(entry.name, source, run.info.run_id, tags=dict(entry.tags))


def _settle(client: MlflowClient, entry: Entry, made: ModelVersion) -> Registered:
    """Keep the oldest version where two registrations met on a server; the later one takes its own back."""
    first = versions(client, entry.name, entry.digest)[0]
    if str(first.version) == str(made.version):
        return _registered(first, created=True)
    client.delete_model_version(made.name, str(made.version))
    if first.run_id != made.run_id:
        client.delete_run(str(made.run_id))
    return _registered(first, created=False)
