"""Registering a bundle: one MLflow run and one model version, however often and however interrupted it is asked.

The bundle's digest is the key. The version is written last and with all its tags in one call: while it is absent,
nothing is registered and everything before it is repeated, each step finding what an earlier attempt left; once it is
there, nothing is written again but another statement: the same content that passed other rules. While that is written,
the version names no statement, so that one cut short is seen, releases nothing and is finished by the next attempt.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlops.bundle.contents import Contents
from mlops.errors import IntegrityError
from mlops.files.sqlite_store import artifact_location
from mlops.files.tracked import experiment_of
from mlops.release import runs
from mlops.release.entry import (
    BUNDLE,
    COMMIT,
    FILES,
    GATE,
    JUDGED,
    STATEMENT,
    VERDICT,
    Entry,
    Measured,
    Origin,
    read_entry,
)
from mlops.release.mlmodel import write_model
from mlops.release.stored import Stored, hold, hold_files
from mlops.release.tracking import connection

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel
    from mlflow.entities.model_registry import ModelVersion

    from mlops.bundle.papers import Papers

_OF_COMMIT = (COMMIT, "mlops.commit", "mlops.dirty")
"""Tags that say where a version came from, which another statement on it leaves as they are."""
_VERSIONS = "mlflow.modelVersions"


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
    pages: Mapping[str, bytes] | None = None,
) -> Registered:
    """Register a bundle once, and what was said about it last.

    `pages` are what people look at, by their paths among the run's artifacts: the report, and what is drawn there.

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
        place = artifact_location(tracking_uri, experiment)
        return enter(client, entry, contents, papers, experiment, place, pages)


def enter(
    client: MlflowClient,
    entry: Entry,
    bundle: Contents,
    papers: Papers,
    experiment: str,
    location: str | None,
    pages: Mapping[str, bytes] | None = None,
) -> Registered:
    """Find the version of a bundle, or make run, model and version; calls of an earlier attempt are repeated."""
    if found := versions(client, entry.name, entry.digest):
        hold(client, found[0], bundle.digest)
        return _stated(client, entry, papers, found[0])
    run = runs.run_of(client, entry, experiment_of(client, experiment, location))
    _file(client, str(run.info.run_id), entry, papers)
    runs.show(client, run, entry, pages or {})
    model = runs.model_of(client, run, entry)
    runs.log(client, run, entry, model)
    with tempfile.TemporaryDirectory(prefix="mlops-register-") as folder:
        write_model(Path(folder), bundle)
        client.log_model_artifacts(model.model_id, folder)
    _hold_uploaded(client, entry, str(run.info.run_id), model, bundle.digest)
    client.finalize_logged_model(model.model_id, "READY")
    runs.nest(client, run, entry)
    if run.info.status != "FINISHED":  # that of a training is, and has its own time
        client.set_terminated(run.info.run_id, "FINISHED")
    return _settle(client, entry, _create(client, entry, str(run.info.run_id), model), model)


def _hold_uploaded(client: MlflowClient, entry: Entry, run: str, model: LoggedModel, digest: str) -> None:
    """Hold what a model has now before a version names it; one that has more, or other, is given up with its run."""
    try:
        stored = Stored(client, str(model.artifact_location), dict(entry.tags)[FILES])
        hold_files(stored, entry.name, f"run {run[:8]}", digest)
    except IntegrityError as error:
        runs.give_up(client, run)
        hint = f"that run is deleted in MLflow now; find out who wrote there, then: mlops register {entry.name}"
        raise IntegrityError(error.message, hint=hint) from error


def withdraw(client: MlflowClient, name: str, bundle: str, verdict: str) -> bool:
    """Let the version of a bundle say that the newest verdict on it is no pass; False where there is no version."""
    for version in versions(client, name, bundle)[:1]:
        _tag(client, version, VERDICT, verdict)
        _tag(client, version, GATE, f"{verdict}, judged again")
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
        if key not in (BUNDLE, FILES, STATEMENT, *_OF_COMMIT):
            _tag(client, version, key, value)
    if entry.description != (version.description or ""):
        client.update_model_version(version.name, str(version.version), entry.description)
    _present(client, entry)
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


def _create(client: MlflowClient, entry: Entry, run: str, model: LoggedModel) -> ModelVersion:
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(entry.name, {"task": dict(entry.params)["task"]}, entry.about)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
        _present(client, entry)
    place, tags = model.artifact_location, dict(entry.tags)
    made = client.create_model_version(
        entry.name, place, run, tags, description=entry.description, model_id=model.model_id
    )
    if _VERSIONS not in client.get_logged_model(model.model_id).tags:  # a server writes it, an SQLite file does not
        named = json.dumps([{"name": entry.name, "version": int(made.version)}])
        client.set_logged_model_tags(model.model_id, {_VERSIONS: named})
    return made


def _present(client: MlflowClient, entry: Entry) -> None:
    """Let the registered model say what it is for, as the newest card does."""
    if entry.about and (client.get_registered_model(entry.name).description or "") != entry.about:
        client.update_registered_model(entry.name, entry.about)


def _settle(client: MlflowClient, entry: Entry, made: ModelVersion, model: LoggedModel) -> Registered:
    """Keep the oldest version where two registrations met on a server; the later one takes its own back."""
    first = versions(client, entry.name, entry.digest)[0]
    if str(first.version) == str(made.version):
        return _registered(first, created=True)
    client.delete_model_version(made.name, str(made.version))
    client.delete_logged_model(model.model_id)
    if first.run_id != made.run_id:
        runs.give_up(client, str(made.run_id))
    return _registered(first, created=False)
