"""`mlops history NAME --verify`: is the ledger one line, was it approved, is what is live signed, do the gates agree?

Each grade holds, does not, or was not looked at, with the reason: the last is never taken for the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from mlops.bundle.contents import Contents
from mlops.configuration.project import Project
from mlops.documents.gate import GateReport
from mlops.errors import GateFailed, InfrastructureError, IntegrityError, MlopsError
from mlops.ledger.course import Course, Wrong, course
from mlops.ledger.entry import MODEL
from mlops.operations.auditing.past import steps_of
from mlops.operations.auditing.shelf import read_plain
from mlops.operations.git import files_at
from mlops.operations.judging.opponent import Run
from mlops.operations.judging.settle import params_of, read_predictions
from mlops.operations.live.bundles import obtain
from mlops.operations.live.history import history, shallow
from mlops.operations.live.registered_signature import hold_asking
from mlops.operations.live.registry import Connect
from mlops.operations.live.releases import environments, known_environment, live_bundle
from mlops.operations.live.signed import Signers
from mlops.operations.project import open_project
from mlops.operations.releasing.approved import Looking
from mlops.operations.reviewing.approvals import APPROVED, NOT_LOOKED_AT
from mlops.operations.reviewing.reviews import Answers
from mlops.operations.verdicts.gate import read_verdict
from mlops.release.tracking import connection
from mlops.verdict import DEFERRED

HOLDS, BROKEN, UNSEEN = "holds", "does not hold", "not looked at"


@dataclass(frozen=True)
class Grade:
    """What one grade says of a place; `code` is the exit code that it deserves, `hint` what to type."""

    grade: str
    place: str
    state: str
    said: str = ""
    code: int = 0
    hint: str = ""


def grades(
    root: Path,
    name: str,
    environment: str | None = None,
    *,
    answers: Answers | None = None,
    connect: Connect = connection,
) -> tuple[Grade, ...]:
    """Grade the ledger of a pipeline as the main line has it: all of it, or the model's and one environment's.

    Raises:
        ConfigurationError: there is no such pipeline or environment.
        InfrastructureError: a part of the history was not fetched: a cut would look like a beginning.
    """
    _, project = open_project(root, name)
    if shallow(root):
        raise InfrastructureError("the history before was not fetched", hint="git fetch --unshallow")
    places = environments(root, project) if environment is None else (known_environment(root, project, environment),)
    steps = steps_of(root, name)
    others = set(steps) - {MODEL, *places} if environment is None else set[str]()
    found = [
        grade
        for place in (MODEL, *places, *sorted(others))
        for grade in linear(name, course(name, place, steps.get(place, ())))
    ]
    looking = Looking(root, answers or Answers(), project.ci.branch, date.today())
    found += [grade for place in places for grade in _approved(looking, name, place)]
    found += [grade for place in places for grade in _signed(root, project, name, place, connect)]
    return (*found, replayed(root, name))


def linear(name: str, followed: Course) -> Iterator[Grade]:
    """Say whether one place is one line; what was mended is told too, and stops nobody."""
    if not followed.entries and not followed.wrong:
        hint = f"mlops enter {name} begins it"
        yield Grade("linear", followed.place, UNSEEN, "it has no entry", hint=hint)
        return
    for item in followed.wrong:
        yield _told(name, followed.place, item)
    for fork in followed.forks:
        joined = "not joined yet" if fork.joined is None else f"joined by {fork.joined[:8]}"
        yield Grade("linear", followed.place, HOLDS, f"{fork.commit[:8]} forks it, {joined}")
    if not followed.broken:
        yield Grade("linear", followed.place, HOLDS, f"{followed.entries:,} {_plural('entr', followed.entries)}")


def _told(name: str, place: str, item: Wrong) -> Grade:
    said = f"{item.commit[:8]} {item.what}"
    if item.mended is not None:
        return Grade("linear", place, HOLDS, f"{said}; mended by {item.mended[:8]}")
    hint = f"mlops enter {name} --repair, then git add -A pipelines/{name}/ledger, and commit it"
    return Grade("linear", place, BROKEN, said, IntegrityError.exit_code, hint)


def _plural(stem: str, count: int) -> str:
    return f"{stem}y" if count == 1 else f"{stem}ies"


def _approved(looking: Looking, name: str, place: str) -> Iterator[Grade]:
    moments = history(looking.root, place, name)
    approvals = looking.of_moments(name, moments)
    told: set[str] = set()
    for moment, approval in zip(moments, approvals, strict=True):
        said = approval.sentence
        if approval.state == NOT_LOOKED_AT and said not in told:
            yield Grade("approved", place, UNSEEN, said)
        elif approval.state not in (APPROVED, NOT_LOOKED_AT):
            yield Grade("approved", place, BROKEN, f"{moment.commit[:8]}: {said}", GateFailed.exit_code)
        told.add(said)
    if moments and all(approval.state == APPROVED for approval in approvals):
        yield Grade("approved", place, HOLDS, f"{len(moments):,} by an owner")


def _signed(root: Path, project: Project, name: str, place: str, connect: Connect) -> Iterator[Grade]:
    live = live_bundle(root, place, name)
    if live is None:
        return
    if not Signers.of(root).known:
        yield Grade("signed", place, UNSEEN, "conf/policy.yaml names no signers")
        return
    try:
        folder = obtain(root, name, live)
        held = hold_asking(root, project, name, Contents.read(folder, live), folder, connect)
    except IntegrityError as error:
        yield Grade("signed", place, BROKEN, error.message.splitlines()[0], error.exit_code, error.hint)
    except MlopsError as error:
        yield Grade("signed", place, UNSEEN, error.message.splitlines()[0], hint=error.hint)
    else:
        if held.signer is None:
            yield Grade("signed", place, BROKEN, held.warning, GateFailed.exit_code)
        else:
            yield Grade("signed", place, HOLDS, f"{live[:19]}… by {held.signer}")


def replayed(root: Path, name: str) -> Grade:
    """Judge the recorded predictions again, by the gate that is compiled here."""
    file = f"pipelines/{name}/reports/gate.json"
    committed = files_at(root, "HEAD", [file]).get(file)
    if committed is None:
        return Grade("replayed", MODEL, UNSEEN, "no verdict is committed", hint=f"mlops run {name}")
    if committed != read_plain(root / file):
        said = f"{file} has changes that are not committed"
        return Grade("replayed", MODEL, UNSEEN, said, hint=f"git diff -- {file}")
    try:
        differing = _differing(root, name)
    except IntegrityError as error:
        return Grade("replayed", MODEL, BROKEN, error.message, error.exit_code, error.hint)
    except MlopsError as error:
        return Grade("replayed", MODEL, UNSEEN, error.message.splitlines()[0], hint=error.hint)
    if differing:
        said = f"`{differing[0]}` comes out otherwise than it is recorded"
        return Grade("replayed", MODEL, BROKEN, said, IntegrityError.exit_code, f"mlops run {name}")
    return Grade("replayed", MODEL, HOLDS, f"{read_verdict(root, name).verdict}, from the recorded predictions")


def _differing(root: Path, name: str) -> list[str]:
    """Name the rules that come out otherwise; those over the live model are settled elsewhere, beside what is live."""
    from mlops.operations.judging.records import judged

    run = Run.here(root, name)
    params = params_of(name, run.sections().get("gate") or {})
    again = judged(run, params, read_predictions(run, params), None)
    recorded = GateReport.parse((run.place / "reports/gate.json").read_bytes()).rules
    deferred = {rule.id for rule in recorded if rule.verdict == DEFERRED}
    one, other = (
        {(rule.id, rule.by, rule.slice): rule.verdict for rule in rules if rule.id not in deferred}
        for rules in (recorded, again)
    )
    return sorted({name[0] for name in one.keys() | other.keys() if one.get(name) != other.get(name)})
