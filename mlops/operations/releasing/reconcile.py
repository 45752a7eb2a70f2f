"""`mlops reconcile`: the world as the release files of the checked-out commit say, and nothing written where it is so.

Level-triggered: every run compares what should be with what is, whatever happened before. What is wrong with one model
stops no other. For each model the order is: see who approved it, find its version, see that no newer commit was
reconciled, prove the bundle and the registry's own copy of it, claim the model for this commit, point the aliases, read
back. A run that died anywhere is finished by the next.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from mlops.bundle.contents import Contents, verify
from mlops.bundle.store import Store
from mlops.diagnostics import suggest
from mlops.errors import ConfigurationError, InfrastructureError, MlopsError, StaleError
from mlops.operations.git import changed_files, commit_of
from mlops.operations.live.bundles import STORE, obtain, prove
from mlops.operations.live.history import descends, last_change
from mlops.operations.live.papers import papers_of
from mlops.operations.live.registered_signature import hold_registered
from mlops.operations.live.registry import (
    Connect,
    fetching,
    passed,
    refuse_judged_since,
    refuse_unless_passed,
    tracking_uri,
)
from mlops.operations.live.releases import (
    FOLDER,
    Released,
    aliases,
    claim_tag,
    environments,
    known_environment,
    releases,
)
from mlops.operations.live.signed import Held, Signers, look_beside
from mlops.operations.project import open_project
from mlops.operations.releasing.approved import Looking, refuse_unapproved
from mlops.operations.releasing.model_image import hold_image
from mlops.operations.releasing.publish import publish
from mlops.operations.reviewing.reviews import Answers
from mlops.release import aliases as registry
from mlops.release import stored
from mlops.release.aliases import Claim, Model, Version, point, read_model, tagged_models, unpoint
from mlops.release.tracking import connection

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from mlops.configuration.project import Project
from mlops.operations.releasing.reconciled import Reconciled, Row


@dataclass(frozen=True)
class Run:
    """What holds for every model of one reconciliation."""

    root: Path
    environment: str
    tag: str
    aliases: tuple[str, ...]
    """The aliases that this environment keeps."""
    looking: Looking
    project: Project
    dry: bool = False
    prune: bool = False
    automatic: bool = False
    """Whether nobody watches this: what is doubtful is then refused, and not only said."""


def reconcile(
    root: Path,
    environment: str,
    *,
    dry: bool = False,
    prune: bool = False,
    automatic: bool = False,
    answers: Answers | None = None,
    connect: Connect = connection,
) -> Reconciled:
    """Bring aliases and bundles to what the release files of an environment say.

    `answers` tell who approved them; without any, that is not looked at, which an `automatic` run refuses.

    Raises:
        ConfigurationError: a release file is wrong or not committed, or there is none while models are live.
        InfrastructureError: MLflow does not answer, and there is nothing that could be proved without it.
    """
    desired = releases(root, environment)
    _, project = open_project(root, *(item.name for item in desired))
    known_environment(root, project, environment)
    commit = commit_of(root, "HEAD")
    if changed := sorted(changed_files(root, commit, f"{FOLDER}/{environment}")):
        raise ConfigurationError(f"{changed[0]} has changes that are not committed", hint="git status")
    looking = Looking(root, answers or Answers(), project.ci.branch, date.today())
    run = Run(
        root,
        environment,
        claim_tag(project, environment),
        aliases(project, environment),
        looking,
        project,
        dry,
        prune,
        automatic,
    )
    try:
        rows = _rows(run, project, desired, connect)
    except InfrastructureError as error:
        if not desired:
            raise
        rows = [_alone(run, item, error) for item in desired]
    return Reconciled(environment, commit, tuple(sorted(rows, key=lambda row: row.name)))


def _rows(run: Run, project: Project, desired: tuple[Released, ...], connect: Connect) -> list[Row]:
    root, environment = run.root, run.environment
    with connect(tracking_uri(root, project)) as client:
        left = _left(client, run, {item.name for item in desired})
        if not desired and left:
            names = ", ".join(model.name for model in left)
            hint = "put a release file back; one environment is not emptied by one commit"
            raise ConfigurationError(f"{FOLDER}/{environment} names no model, but these are live: {names}", hint=hint)
        if not desired and environment not in (known := environments(root, project)):
            raise ConfigurationError(f"there is no environment `{environment}`", hint=suggest(environment, known))
        rows = [_row(client, run, item) for item in desired]
        return [*rows, *(_leftover(client, run, model) for model in left)]


def _alone(run: Run, item: Released, silent: InfrastructureError) -> Row:
    """Prove one bundle from Git and DVC, by its digest, where the registry does not answer; aliases have to wait."""
    digest = item.release.bundle
    approval = run.looking.of_release(run.environment, item.name)
    try:
        refuse_unapproved(run.root, approval, automatic=run.automatic)
        refuse_judged_since(run.root, item.name, digest)
        with tempfile.TemporaryDirectory(prefix="mlops-dry-") as folder:
            keep = Store(Path(folder) / "bundles") if run.dry else None
            place = obtain(run.root, item.name, digest, keep=keep)
            contents = _proved(item, place)
            looks = (look_beside(place), look_beside(Store(run.root / STORE).place(digest)))
            held = Signers.of(run.root).hold(contents, looks, date.today(), place)
            refuse_unless_passed(item.name, digest, papers_of(run.root, item.name, contents).gate.verdict)
    except MlopsError as error:
        return replace(_failed(item, "not known", error), approval=approval)
    said = f"{silent.message}; the bundle is proved, from Git and DVC, and its aliases are set once that answers"
    said = "; ".join(filter(None, (said, held.warning)))
    return Row(item.name, digest, "not known", "proved", problem=said, code=silent.exit_code, approval=approval)


def _left(client: MlflowClient, run: Run, names: set[str]) -> list[Model]:
    """Find the models that this project made live here and that no file names any more."""
    ours = tagged_models(client, run.tag, run.aliases)
    return [model for model in ours if model.name not in names and (model.aliases or run.prune)]


def _leftover(client: MlflowClient, run: Run, model: Model) -> Row:
    was = "; ".join(_shown(model, alias) for alias in run.aliases)
    if not run.prune:
        return Row(model.name, None, was, "not named any more", problem="its alias stays: --prune takes it away")
    if run.dry:
        return Row(model.name, None, was, "would prune")
    return Row(model.name, None, was, "pruned", writes=unpoint(client, model, run.aliases, run.tag))


def _row(client: MlflowClient, run: Run, item: Released) -> Row:
    """Reconcile one model; a problem with it is its own."""
    model = read_model(client, item.name, run.aliases) or Model(item.name)
    was = "; ".join(_shown(model, alias) for alias in run.aliases)
    approval = run.looking.of_release(run.environment, item.name)
    try:
        refuse_unapproved(run.root, approval, automatic=run.automatic)
        row = _reconciled(client, run, item, model, was)
    except MlopsError as error:
        row = _failed(item, was, error)
    return replace(row, approval=approval)


def _failed(item: Released, was: str, error: MlopsError) -> Row:
    told, code = error.message, error.exit_code
    return Row(item.name, item.release.bundle, was, "failed", problem=told, code=code, hint=error.hint)


def _reconciled(client: MlflowClient, run: Run, item: Released, model: Model, was: str) -> Row:
    digest = item.release.bundle
    change = last_change(run.root, item.file) or commit_of(run.root, "HEAD")
    _not_older(run, model, change)
    version = passed(client, item.name, digest)
    stored.hold(client, client.get_model_version(item.name, version.number), digest)
    kept = _kept(run, digest)
    drift = tuple(_drift(run, model, version, change))
    claim = Claim(run.tag, change)
    same = all(_points(model, alias, version) for alias in run.aliases)
    same = same and model.tags.get(run.tag) == claim.value(version)
    if run.dry:
        held = _prove_aside(client, run, item, version)
        action = "would heal" if drift else "in sync" if same and kept else "would move"
        code = StaleError.exit_code if drift else 0
        return Row(item.name, digest, was, action, drift, problem=held.warning, code=code)
    place = obtain(run.root, item.name, digest, fetching(client, version))
    held = hold_registered(run.root, _proved(item, place), place, client, version, keep=True)
    writes = point(client, model, version, run.aliases, claim) + (not kept)
    writes += publish(run.root, run.project, run.environment, item.name, digest, place, commit_of(run.root, "HEAD"))
    action = "healed" if drift else "moved" if writes else "in sync"
    return Row(item.name, digest, was, action, drift, writes, held.warning)


def _not_older(run: Run, model: Model, change: str) -> None:
    """Refuse to go back in history: a rollback is a new commit, so its file is newer than what it undoes."""
    recorded = registry.commit_of(model.tags.get(run.tag))
    if recorded is None:
        return
    after = descends(run.root, change, recorded)
    if after is None:
        message = f"{model.name} was last reconciled at {recorded[:8]}, which this clone does not know"
        raise StaleError(message, hint="git fetch --unshallow; or check out the main branch")
    if not after:
        message = f"{model.name} was last reconciled at {recorded[:8]}, and {change[:8]} does not come after it"
        raise StaleError(message, hint="check out the newest commit; to go back: mlops rollback")


def _drift(run: Run, model: Model, version: Version, change: str) -> Iterator[str]:
    """Say what changed though Git did not."""
    if registry.commit_of(model.tags.get(run.tag)) != change:
        return
    for alias in run.aliases:
        if not _points(model, alias, version):
            yield f"alias {_shown(model, alias)}, should be version {version.number} ({_short(version.bundle)})"


def _points(model: Model, alias: str, version: Version) -> bool:
    held = model.aliases.get(alias)
    return held is not None and (held.number, held.bundle) == (version.number, version.bundle)


def _shown(model: Model, alias: str) -> str:
    held = model.aliases.get(alias)
    return f"{alias} is version {held.number} ({_short(held.bundle)})" if held else f"{alias} is nothing"


def _short(bundle: str | None) -> str:
    return f"{bundle[:19]}…" if bundle else "no bundle of ours"


def _kept(run: Run, digest: str) -> bool:
    """Whether the local target has the bundle, whole."""
    place = Store(run.root / STORE).place(digest)
    try:
        return place.is_dir() and verify(place, digest) == digest
    except MlopsError:
        return False


def _proved(item: Released, place: Path) -> Contents:
    """Prove a bundle, and that the image which the release file names is of it."""
    contents = prove(place, item.name, item.release.bundle)
    hold_image(item.name, contents, item.release.image)
    return contents


def _prove_aside(client: MlflowClient, run: Run, item: Released, version: Version) -> Held:
    """Prove the bundle from a copy: a dry run keeps nothing."""
    digest = item.release.bundle
    if _kept(run, digest):
        place = Store(run.root / STORE).place(digest)
        return hold_registered(run.root, _proved(item, place), place, client, version)
    with tempfile.TemporaryDirectory(prefix="mlops-dry-") as folder:
        aside = Store(Path(folder) / "bundles")
        place = obtain(run.root, item.name, digest, fetching(client, version), aside)
        return hold_registered(run.root, _proved(item, place), place, client, version)
