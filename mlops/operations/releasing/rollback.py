"""`mlops rollback`: the bundle that was live before, proved, as the file that makes it live again.

Nothing is trained and MLflow need not answer: history comes from Git, the bundle from the store or from DVC.
"""

from __future__ import annotations

from pathlib import Path

from mlops.errors import ConfigurationError, InfrastructureError, StaleError
from mlops.files.exchange import exchange
from mlops.operations.auditing.enter import due
from mlops.operations.live.bundles import obtain, prove
from mlops.operations.live.history import Moment, history, shallow
from mlops.operations.live.papers import papers_of
from mlops.operations.live.registered_signature import hold_asking
from mlops.operations.live.registry import (
    Connect,
    fetching_from,
    refuse_judged_since,
    refuse_unless_passed,
    stating_from,
    tracking_uri,
)
from mlops.operations.live.releases import file_of, known_environment, live_bundle, written
from mlops.operations.project import open_project
from mlops.operations.releasing.model_image import image_of, lacks_image, manifests
from mlops.operations.releasing.release import Outcome, Wanted, readable, text_of
from mlops.operations.reviewing.proposal import Proposal, base_of, submit
from mlops.present.markdown.release import Step, rollback_body
from mlops.release.tracking import connection


def rollback(root: Path, wanted: Wanted, *, propose: bool = False, connect: Connect = connection) -> Outcome:
    """Write or propose the release file that names an earlier bundle; the one before the live one where none is named.

    Raises:
        StaleError: nothing is live, or nothing was live before.
        GateFailed: the newest verdict on the bundle is no pass; Inconclusive where the evidence was too thin.
        IntegrityError: the bundle does not verify, load or answer.
        InfrastructureError: the bundle is nowhere to be had, or the history was not fetched.
    """
    _, project = open_project(root, wanted.name)
    known_environment(root, project, wanted.environment)
    name, environment = wanted.name, wanted.environment
    file = file_of(environment, name)
    live = live_bundle(root, environment, name)
    if wanted.bundle is not None and wanted.bundle == live and not lacks_image(root, environment, name):
        return Outcome(name, environment, file, wanted.bundle, live, "live already")
    digest = _before(root, wanted, live) if wanted.bundle is None else _live_once(root, wanted, wanted.bundle)
    refuse_judged_since(root, name, digest)
    fetch = fetching_from(tracking_uri(root, project), name, digest, connect)
    place = obtain(root, name, digest, fetch)
    contents = prove(place, name, digest)
    held = hold_asking(root, project, name, contents, place, connect)
    said = stating_from(tracking_uri(root, project), name, digest, connect)
    papers = papers_of(root, name, contents, fetch=said)
    refuse_unless_passed(name, digest, papers.gate.verdict)
    reason = wanted.reason or f"back from {(live or 'nothing')[:19]}"
    image = image_of(root, name, contents)
    text = written(text_of(root, file), digest, reason, file, image)
    files = {file: text.encode(), **due(root, name, environment, changed={file: text})}
    if image is not None:
        base = base_of(root, project.ci.branch) if propose else None
        files |= manifests(root, name, environment, text, base)
    if not propose:
        exchange(root, files)
        return Outcome(name, environment, file, digest, live, "written", warning=held.warning)
    step = Step(environment, name, contents, papers, live, *readable(root, name, live), reason=reason)
    proposal = Proposal(
        branch=f"mlops/rollback/{environment}/{name}",
        title=f"Roll {name} in {environment} back to {digest[7:19]}",
        body=rollback_body(step),
        files=files,
        labels=("rollback",),
    )
    made = submit(root, proposal, base=project.ci.branch)
    return Outcome(name, environment, file, digest, live, "proposed", made, held.warning)


def previous(moments: tuple[Moment, ...], live: str) -> str | None:
    """Name the bundle that was live before `live` was for the first time; newest moments first.

    Going back from where a rollback led goes further back, never forward to what was rolled back.
    """
    first = max((index for index, moment in enumerate(moments) if moment.bundle == live), default=-1)
    return next((moment.bundle for moment in moments[first + 1 :] if moment.bundle not in (None, live)), None)


def _live_once(root: Path, wanted: Wanted, digest: str) -> str:
    """Refuse to go "back" to what was never live there: that is a release, with its own checks."""
    moments = history(root, wanted.environment, wanted.name)
    if any(moment.bundle == digest for moment in moments):
        return digest
    if shallow(root):
        raise InfrastructureError("the history before was not fetched", hint="git fetch --unshallow")
    hint = f"mlops history {wanted.name} --env {wanted.environment}"
    raise ConfigurationError(f"{digest[:19]}… was never live as {wanted.name} in {wanted.environment}", hint=hint)


def _before(root: Path, wanted: Wanted, live: str | None) -> str:
    moments = history(root, wanted.environment, wanted.name)
    if live is None:
        live = next((moment.bundle for moment in moments if moment.bundle), None)
        if live is not None:
            return live
        hint = f"mlops release {wanted.name} --env {wanted.environment}"
        raise StaleError(f"{wanted.name} was never live in {wanted.environment}", hint=hint)
    if not moments or moments[0].bundle != live:  # typed twice before the commit, it would go back twice
        file = file_of(wanted.environment, wanted.name)
        raise ConfigurationError(
            f"{file} has changes that are not committed", hint=f"commit it, or look: git diff -- {file}"
        )
    found = previous(moments, live)
    if found is not None:
        return found
    if shallow(root):
        raise InfrastructureError("the history before was not fetched", hint="git fetch --unshallow")
    hint = f"name one: mlops rollback {wanted.name} --env {wanted.environment} --to sha256:…"
    raise StaleError(f"nothing was live as {wanted.name} in {wanted.environment} before {live[:19]}…", hint=hint)
