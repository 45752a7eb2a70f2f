"""`mlops register`: the bundle of a pipeline's last run becomes a version in the MLflow registry, once."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops.bundle.contents import Contents
from mlops.bundle.papers import LARGEST, Papers
from mlops.bundle.store import Store
from mlops.errors import ConfigurationError, InfrastructureError, IntegrityError, StaleError
from mlops.files.canonical import digest_file
from mlops.files.sqlite_store import absolute
from mlops.operations.git import changed_files, commit_of
from mlops.operations.live.bundles import STORE, obtain
from mlops.operations.live.bundles import judged as judged_bundle
from mlops.operations.live.bundles import reported as reported_bundle
from mlops.operations.live.registry import begun, refuse_unless_passed
from mlops.operations.releasing.adopted import noted
from mlops.operations.releasing.compared import hold_new
from mlops.operations.tracked import place_of, source_here
from mlops.release import registry
from mlops.release.aliases import find_version
from mlops.release.entry import Origin
from mlops.release.tracking import connection
from mlops.stages.context import Tracking

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mlops.operations.workspace import Workspace
    from mlops.release.entry import Measured


@dataclass(frozen=True)
class Registration:
    """A version in the registry; `created` is False where it was there before, made at `commit`.

    `dirty` says that it was made of files that differ from that commit. `judged` is the bundle that the run of a pull
    request judged: this one, or another where this one was made again; `unknown`, or None where no run was asked.
    """

    name: str
    version: str
    bundle: str
    commit: str
    dirty: bool
    created: bool
    tracking: str
    judged: str | None = None
    stated: bool = False
    """Whether it was there under another statement, and is under that of the last run now."""


def register(workspace: Workspace, name: str) -> Registration:
    """Register a pipeline's bundle where the project tracks; `MLFLOW_TRACKING_URI` overrides the project.

    Raises:
        GateFailed: beside what is live now it does not pass; Inconclusive where that is unsure.
    """
    pipeline = workspace.pipeline(name)
    tracking = Tracking(pipeline.tracking["uri"], pipeline.tracking["experiment"])
    uri = os.environ.get("MLFLOW_TRACKING_URI") or tracking.uri
    _hold_beside_live(workspace, name, uri)
    note = noted(workspace.root, pipeline)
    judged = None if note is None else note.judged
    return register_bundle(workspace.root, name, uri, tracking.experiment, judged)


def _hold_beside_live(workspace: Workspace, name: str, uri: str) -> None:
    """Judge a bundle beside what is live now, by the rules that its run deferred, before the registry learns of it."""
    live = workspace.champions.get(name)
    if live is not None and reported_bundle(workspace.root, name):
        bundle, digest = _checked(workspace.root, name)
        papers, where = _said(workspace.root, name, Contents.read(bundle, digest)), absolute(workspace.root, uri)
        hold_new(workspace.root, workspace.project, papers, name, live, lambda: _registered(where, name, papers))


def _registered(uri: str, name: str, papers: Papers) -> bool:
    """Whether the registry has the bundle under this very statement; what other rules said of it is another verdict."""
    if not begun(uri):
        return False
    with connection(uri) as client:
        version = find_version(client, name, papers.bundle)
    return version is not None and version.statement == (papers.statement and papers.statement.name)


def register_bundle(
    root: Path, name: str, tracking_uri: str, experiment: str, judged: str | None = None
) -> Registration:
    """Put the pipeline's bundle into the store and register it, with what the last run said about it.

    A bundle that is registered and does not pass any more is told of: it cannot be released then.

    Raises:
        GateFailed: the last run judged a bundle, and it did not pass; Inconclusive where the evidence was too thin.
        StaleError: there is no bundle to register yet.
        IntegrityError: the bundle is not the one that the run reported, or its reports are not those it stated.
        ConfigurationError: there is no commit that a version could name.
        InfrastructureError: MLflow does not answer.
    """
    folder = root / "pipelines" / name
    _withdraw(root, name, tracking_uri)
    bundle, digest = _checked(root, name)
    commit, dirty = _origin(root, name)
    papers = _said(root, name, Contents.read(bundle, digest))
    Store(root / STORE).put(bundle)
    uri = absolute(root, tracking_uri)
    made = registry.register(
        bundle,
        papers,
        pipeline=name,
        tracking_uri=uri,
        experiment=experiment,
        origin=Origin(commit, dirty, place_of(folder), judged, source_here(root, f"mlops register {name}")),
        history=read_history(folder / "reports" / "history.csv"),
        pages=pages_of(folder / "reports"),
    )
    return Registration(name, made.version, digest, made.commit, dirty, made.created, uri, made.judged, made.stated)


def read_history(path: Path) -> tuple[Measured, ...]:
    """Read what training measured by epoch, as `candidate/metric`; nothing where no candidate has epochs."""
    if not path.is_file():
        return ()
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    return tuple((f"{name}/{metric}", float(value), int(epoch)) for name, epoch, metric, value in rows if value)


def pages_of(reports: Path) -> dict[str, bytes]:
    """Read what people look at of a run: the report, the curves of training, and the tables that plots are drawn of."""
    paths = (reports / "report.html", reports / "history.csv", *sorted((reports / "plots").glob("*.csv")))
    found = (path for path in paths if path.is_file() and path.stat().st_size <= LARGEST)
    return {path.relative_to(reports).as_posix(): path.read_bytes() for path in found}


def passing(root: Path, names: Iterable[str]) -> tuple[str, ...]:
    """Choose the pipelines whose last run reported a bundle that passed."""
    return tuple(name for name in names if reported_bundle(root, name).verdict == "pass")


def _withdraw(root: Path, name: str, uri: str) -> None:
    """Tell the registry where the last gate let a bundle that it knows not pass, then refuse it."""
    reported = reported_bundle(root, name).digest
    for digest, verdict in judged_bundle(root, name).items():
        if reported not in (None, digest):
            continue
        if verdict != "pass" and begun(absolute(root, uri)):
            with connection(absolute(root, uri)) as client:
                registry.withdraw(client, name, digest, verdict)
        refuse_unless_passed(name, digest, verdict)


def _said(root: Path, name: str, contents: Contents) -> Papers:
    """Take what the last run says of its bundle: what an earlier one said of the same content is another verdict."""
    return Papers.within(contents) or Papers.read(root / "pipelines" / name / "reports", contents.digest)


def _checked(root: Path, name: str) -> tuple[Path, str]:
    """Find the bundle on disk, or where the run of the report is kept, and hold it against what the run reported."""
    bundle = root / "pipelines" / name / "artifacts" / "bundle"
    reported = reported_bundle(root, name).digest
    if reported is None:
        raise StaleError(f"pipelines/{name} has no bundle", hint=f"run `mlops run {name}` first")
    if not (bundle / "manifest.json").is_file():
        try:
            return obtain(root, name, reported), reported
        except InfrastructureError as error:
            hint = f"run `mlops run {name}` first"
            raise StaleError(f"pipelines/{name} has no bundle", hint=hint) from error
    digest = digest_file(bundle / "manifest.json")
    if digest != reported:
        message = f"pipelines/{name}/artifacts/bundle is {digest[:19]}… but reports/bundle.json says {reported[:19]}…"
        raise IntegrityError(message, hint=f"run `mlops run {name}` to make it again")
    return bundle, digest


def _origin(root: Path, name: str) -> tuple[str, bool]:
    """Name the commit that is checked out, and whether what the bundle is made of differs from it.

    The lock, the reports and the ledger are what a run writes: where CI made the bundle, nobody has committed them yet.
    """
    try:
        commit = commit_of(root, "HEAD")
    except ConfigurationError as error:
        hint = "commit the pipeline first: a version names the commit it was made from"
        raise ConfigurationError(f"{root.name}/ has no Git commit yet", hint=hint) from error
    written = tuple(f"pipelines/{name}/{path}" for path in ("dvc.lock", "reports/", "comparisons/", "ledger/"))
    folders = (f"pipelines/{name}", f"conf/pipeline/{name}.yaml")
    changed = (path for folder in folders for path in changed_files(root, commit, folder))
    return commit, any(not path.startswith(written) for path in changed)
