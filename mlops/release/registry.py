"""Registering a bundle: one MLflow run and one model version, however often and however interrupted it is asked.

The bundle's digest is the key. The version is written last and with all its tags in one call: while it is absent,
nothing is registered and everything before it is repeated, each step finding what an earlier attempt left; once it is
there, nothing is written again but another statement: the same content that passed other rules. While that is written,
the version names no statement, so that one cut short is seen, releases nothing and is finished by the next attempt.
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
from mlops.release.entry import BUNDLE, FILES, JUDGED, STATEMENT, VERDICT, Entry, Measured, Origin, read_entry
from mlops.release.mlmodel import ARTIFACT, write_model
from mlops.release.stored import hold, hold_files
from mlops.release.tracking import connection

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run
    from mlflow.entities.model_registry import ModelVersion

    from mlops.bundle.papers import Papers

_BATCH = 100


@dataclass(frozen=True)
class Registered:
    """A model version; `created` is False where it was there before, and `commit` is then of that time.

    `stated` says that it was there, under another statement, and is under this one now.
    """

    name: str
    version: str
    run_id: str
    commit: str
    created: bool
    judged: str | None = None
    stated: bool = False


def register(
    bundle: Path,
    papers: Papers,
    *,
    pipeline: str,
    tracking_uri: str,
    experiment: str,
    origin: Origin,
    history: tuple[Measured, ...] = (),
) -> Registered:
    """Register a bundle once, and what was said about it last.

    Raises:
        IntegrityError: the bundle is not what its manifest says, belongs to another pipeline, or the papers to another;
            what MLflow's store holds of it is something else.
        InfrastructureError: MLflow does not answer.
    """
    contents = Contents.read(bundle, papers.bundle)
    if contents.manifest.pipeline != pipeline:
        raise IntegrityError(f"the bundle in {bundle} is of {contents.manifest.pipeline}, not of {pipeline}")
    entry = read_entry(contents, papers, origin, history)
    with connection(tracking_uri) as client:
        return enter(client, entry, contents, papers, experiment, artifact_location(tracking_uri, experiment))


def enter(
    client: MlflowClient, entry: Entry, bundle: Contents, papers: Papers, experiment: str, location: str | None
) -> Registered:
    """Find the version of a bundle, or make run and version; calls that an earlier attempt made are repeated."""
    if found := versions(client, entry.name, entry.digest):
        hold(client, found[0], bundle.digest)
        return _stated(client, entry, papers, found[0])
    run = _run(client, entry, _experiment(client, experiment, location))
    _file(client, str(run.info.run_id), entry, papers)
    _log(client, run, entry)
    with tempfile.TemporaryDirectory(prefix="mlops-register-") as folder:
        write_model(Path(folder), bundle)
        client.log_artifacts(run.info.run_id, folder, ARTIFACT)
    _hold_uploaded(client, entry, str(run.info.run_id), bundle.digest)
    client.set_terminated(run.info.run_id, "FINISHED")
    return _settle(client, entry, _create(client, entry, run))


def _hold_uploaded(client: MlflowClient, entry: Entry, run: str, digest: str) -> None:
    """Hold what a run has now before a version names it; a run that holds more, or other, is given up for a new one."""
    try:
        hold_files(client, entry.name, run, digest, dict(entry.tags)[FILES])
    except IntegrityError as error:
        client.delete_run(run)
        hint = f"that run is deleted in MLflow now; find out who wrote there, then: mlops register {entry.name}"
        raise IntegrityError(error.message, hint=hint) from error


def withdraw(client: MlflowClient, name: str, bundle: str, verdict: str) -> bool:
    """Let the version of a bundle say that the newest verdict on it is no pass; False where there is no version."""
    for version in versions(client, name, bundle)[:1]:
        _tag(client, version, VERDICT, verdict)
        return True
    return False


def statement_folder(statement: str) -> str:
    """Name where the artifacts of a version's run hold a statement and its reports."""
    return f"statements/{statement.removeprefix('sha256:')[:16]}"


def _stated(client: MlflowClient, entry: Entry, papers: Papers, version: ModelVersion) -> Registered:
    """Put a version under the newest statement on its bundle, where it is under another."""
    tags = dict(entry.tags)
    if (version.tags.get(STATEMENT), version.tags.get(VERDICT)) == (entry.statement, tags[VERDICT]):
        return _registered(version, created=False)
    _file(client, str(version.run_id), entry, papers)
    if entry.statement is not None:
        _tag(client, version, STATEMENT, "")
    if JUDGED in version.tags and JUDGED not in tags:
        client.delete_model_version_tag(version.name, str(version.version), JUDGED)
    for key, value in tags.items():
        if key not in (BUNDLE, FILES, STATEMENT, "mlops.commit", "mlops.dirty"):
            _tag(client, version, key, value)
    if entry.statement is not None:
        _tag(client, version, STATEMENT, entry.statement)
    return _registered(client.get_model_version(version.name, str(version.version)), created=False, stated=True)


def _file(client: MlflowClient, run: str, entry: Entry, papers: Papers) -> None:
    """File a statement with its reports under the run of a version, by the statement's digest."""
    if entry.statement is None:
        return
    with tempfile.TemporaryDirectory(prefix="mlops-statement-") as folder:
        for name, data in papers.files.items():
            (Path(folder) / name).write_bytes(data)
        client.log_artifacts(run, folder, statement_folder(entry.statement))


def _tag(client: MlflowClient, version: ModelVersion, key: str, value: str) -> None:
    if version.tags.get(key) != value:
        client.set_model_version_tag(version.name, str(version.version), key, value)
        version.tags[key] = value


def versions(client: MlflowClient, name: str, bundle: str) -> list[ModelVersion]:
    """List the versions that hold a bundle, oldest first."""
    found = client.search_model_versions(f"name = '{name}' and tags.`{BUNDLE}` = '{bundle}'")
    return sorted(found, key=lambda version: int(version.version))


def _registered(version: ModelVersion, *, created: bool, stated: bool = False) -> Registered:
    commit = version.tags.get("mlops.commit", "")
    judged = version.tags.get(JUDGED)
    return Registered(version.name, str(version.version), str(version.run_id), commit, created, judged, stated)


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
