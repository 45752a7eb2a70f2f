"""`mlops release`: a registered bundle, with its evidence, as the file that makes it live."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from mlops.bundle.contents import Contents
from mlops.bundle.papers import Papers
from mlops.errors import GateFailed, IntegrityError, MlopsError
from mlops.files.exchange import exchange
from mlops.ledger.entering import Files
from mlops.operations.auditing.enter import due
from mlops.operations.judging.approved_waivers import refuse_unapproved
from mlops.operations.live.bundles import obtain, prove
from mlops.operations.live.order import claims, refuse_out_of_order
from mlops.operations.live.papers import papers_of
from mlops.operations.live.registered_signature import hold_registered
from mlops.operations.live.registry import (
    Connect,
    fetching,
    passed,
    refuse_judged_since,
    stating,
    tracking_uri,
)
from mlops.operations.live.releases import file_of, known_environment, live_bundle, written
from mlops.operations.project import open_project
from mlops.operations.releasing.compared import compared_with_live
from mlops.operations.releasing.model_image import image_of, lacks_image, manifests
from mlops.operations.releasing.record import bundle_of, refuse_unrecorded
from mlops.operations.reviewing.proposal import Proposal, Proposed, base_of, submit
from mlops.operations.reviewing.reviews import Answers
from mlops.operations.verdicts.gate import Verdict
from mlops.present.markdown.release import Step, release_body
from mlops.release.tracking import connection


@dataclass(frozen=True)
class Wanted:
    """A release: a bundle by its digest, or the one of the last run where None."""

    name: str
    environment: str
    bundle: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of it; `state` is `live already`, `written` or `proposed`."""

    name: str
    environment: str
    file: str
    bundle: str
    replaces: str | None
    state: str
    proposed: Proposed | None = None
    warning: str = ""


def release(
    root: Path,
    wanted: Wanted,
    *,
    propose: bool = False,
    answers: Answers | None = None,
    connect: Connect = connection,
) -> Outcome:
    """Write the release file, or propose it; `answers` tell who approved a waiver of the order of environments.

    Raises:
        StaleError: the bundle is not registered, or no commit records the run that made it.
        GateFailed: its verdict is not a pass, or not beside what is live now; Inconclusive where that is unsure.
        IntegrityError: the bundle is not what its digest promises.
        InfrastructureError: MLflow does not answer, or the bundle is nowhere.
    """
    _, project = open_project(root, wanted.name)
    known_environment(root, project, wanted.environment)
    digest = wanted.bundle or bundle_of(root, wanted.name, ", or name one: --bundle")
    file = file_of(wanted.environment, wanted.name)
    live = live_bundle(root, wanted.environment, wanted.name)
    if live == digest and not lacks_image(root, wanted.environment, wanted.name):
        return Outcome(wanted.name, wanted.environment, file, digest, live, "live already")
    with connect(tracking_uri(root, project)) as client:
        version = passed(client, wanted.name, digest)
        refuse_judged_since(root, wanted.name, digest)
        refuse_unrecorded(root, wanted.name, digest)
        place = obtain(root, wanted.name, digest, fetching(client, version))
        find = claims(client, project, wanted.name)
        waiver = refuse_out_of_order(root, project, wanted.environment, wanted.name, digest, find, date.today())
        if waiver is not None:
            refuse_unapproved(root, wanted.name, waiver, answers or Answers())
        contents = prove(place, wanted.name, digest)
        said = stating(client, version)
        papers = papers_of(root, wanted.name, contents, version.statement, said)
        held = hold_registered(root, contents, place, client, version)
    _hold(papers, wanted.name)
    comparison = None
    if wanted.environment == project.live and live != digest:
        comparison = compared_with_live(root, project, papers, wanted.name, live, connect)
    step = Step(
        wanted.environment,
        wanted.name,
        contents,
        papers,
        live,
        *readable(root, wanted.name, live),
        reason=wanted.reason,
        judged=version.judged,
        waiver=waiver,
        comparison=comparison,
    )
    image = image_of(root, wanted.name, contents)
    text = written(text_of(root, file), digest, wanted.reason, file, image)
    files: Files = {} if comparison is None else {comparison.file: comparison.dumps().encode()}
    files |= {file: text.encode(), **due(root, wanted.name, wanted.environment, changed={file: text})}
    if image is not None:
        base = base_of(root, project.ci.branch) if propose else None
        files |= manifests(root, wanted.name, wanted.environment, text, base)
    proposal = Proposal(
        branch=f"mlops/release/{wanted.environment}/{wanted.name}",
        title=f"Release {wanted.name} to {wanted.environment}: {digest[7:19]}",
        body=release_body(step),
        files=files,
        labels=("release",),
    )
    if not propose:
        exchange(root, files)
        return Outcome(wanted.name, wanted.environment, file, digest, live, "written", warning=held.warning)
    made = submit(root, proposal, base=project.ci.branch)
    return Outcome(wanted.name, wanted.environment, file, digest, live, "proposed", made, held.warning)


def readable(root: Path, name: str, digest: str | None) -> tuple[Contents | None, Papers | None]:
    """Read the live bundle and its papers for a comparison, where they can be had; no release depends on it."""
    contents = None
    try:
        contents = None if digest is None else Contents.read(obtain(root, name, digest), digest)
        return contents, None if contents is None else papers_of(root, name, contents)
    except MlopsError:
        return contents, None


def text_of(root: Path, file: str) -> str | None:
    """Read a file as it is written; None where it is not there."""
    path = root / file
    return path.read_text(encoding="utf-8") if path.is_file() else None


def _hold(papers: Papers, name: str) -> None:
    """Refuse a bundle whose own gate does not say, today, that it passed."""
    gate = papers.gate
    if Verdict.of(gate, name).on(date.today()).verdict != gate.verdict:
        hint = "repair the model, or ask for a new waiver: mlops waive"
        raise GateFailed(f"{name}: the bundle passed by a waiver that does not hold today", hint=hint)
    if gate.verdict != "pass":
        raise IntegrityError(f"{name}: the bundle holds a gate that says {gate.verdict}, its version says pass")
