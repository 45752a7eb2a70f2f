"""A bundle beside the one that is live now, before it takes its place: compared again wherever its test rows are."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from mlops.documents.comparison import Comparison
from mlops.errors import GateFailed, Inconclusive, InfrastructureError, IntegrityError
from mlops.files.canonical import digest_file
from mlops.operations.dvc.get import get
from mlops.operations.git import files_at
from mlops.operations.judging.opponent import Run
from mlops.operations.judging.settle import compare
from mlops.operations.live.bundles import made_at, reported
from mlops.operations.verdicts.gate import Verdict
from mlops.release.tracking import connection
from mlops.verdict import BADNESS, PASS
from mlops.verdict import verdict as verdict_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlops.bundle.papers import Papers
    from mlops.configuration.project import Project
    from mlops.operations.live.registry import Connect

_ARTIFACTS = ("artifacts/evaluation", "artifacts/split", "artifacts/bundle")
_FILES = ("dvc.lock", "params.yaml", "reports/gate.json", "reports/metrics.json")


def compared_with_live(
    root: Path, project: Project, papers: Papers, name: str, live: str | None, connect: Connect
) -> Comparison | None:
    """Judge a bundle beside the live one by the rules it was made under; None where no rule is over the live model.

    Raises:
        GateFailed: it is worse than the rules allow.
        Inconclusive: the evidence decides neither way.
        InfrastructureError: its test rows, or the live bundle, cannot be had.
        IntegrityError: it brings no verdict that can be read.
    """
    gate = _gate(papers, name)
    over = [rule for rule in gate.rules if rule.against == "champion"]
    if live is None or not over or (gate.champion == live and not gate.deferred):
        return None
    made = _compare(root, project, papers, name, live, connect)
    _refuse_unless_passed(Verdict(name, gate.verdict, made.rules, live), papers.bundle)
    return made


def _gate(papers: Papers, name: str) -> Verdict:
    """Read the verdict that a bundle brings: one of version 1 carries its papers in itself, and may lack it."""
    try:
        return Verdict.of(papers.gate, name)
    except IntegrityError as error:
        message = f"{name}: the bundle {papers.bundle[:19]}… brings no verdict that can be read"
        raise IntegrityError(message, hint=f"mlops run {name} makes one that is judged") from error


def hold_new(
    root: Path,
    project: Project,
    papers: Papers,
    name: str,
    live: str,
    registered: Callable[[], bool],
    connect: Connect = connection,
) -> None:
    """Refuse a bundle that is to be registered as a release would; one that is live, or is registered, was held before.

    Raises:
        GateFailed, Inconclusive, InfrastructureError: as `compared_with_live`.
    """
    if papers.bundle != live and not registered():
        compared_with_live(root, project, papers, name, live, connect)


def _compare(root: Path, project: Project, papers: Papers, name: str, live: str, connect: Connect) -> Comparison:
    """Compare again; where the run's rows are nowhere, what its own run came to counts."""
    try:
        with _run_of(root, name, papers) as run:
            return compare(run, project, papers.bundle, live, connect)
    except InfrastructureError:
        known = _known(root, name, papers, live)
        if known is None:
            raise
        return known


def _known(root: Path, name: str, papers: Papers, live: str) -> Comparison | None:
    """Take the comparison that the run was judged by: it is of these two bundles, these rows and these rules."""
    gate, made = papers.gate, Comparison.find(root, name, papers.bundle, live)
    if made is None or (made.registered, made.predictions) != (gate.registered, gate.predictions):
        return None
    return made


@contextmanager
def _run_of(root: Path, name: str, papers: Papers) -> Iterator[Run]:
    """Find the run that made a bundle: in the work tree, else as of the commit that recorded it."""
    here, digest = Run.here(root, name), papers.bundle
    if reported(root, name).digest == digest and _has_rows(here, papers):
        yield here
        return
    commit = made_at(root, name, digest)
    if commit is None:
        message = (
            f"{name}: no commit records the run that made {digest[:19]}…, and the live model is asked about its rows"
        )
        hint = f"commit pipelines/{name}/dvc.lock and pipelines/{name}/reports, or mlops run {name}"
        raise InfrastructureError(message, hint=hint)
    with tempfile.TemporaryDirectory(prefix="mlops-run-") as folder:
        run = replace(here, place=Path(folder) / "run")
        _lay_out(run, commit)
        yield run


def _has_rows(run: Run, papers: Papers) -> bool:
    """Whether the rows that a run judged are here; where CI made it, those of an earlier run may lie in their place."""
    if not (run.predictions.is_file() and run.test.is_file()):
        return False
    return digest_file(run.predictions) == papers.gate.predictions


def _lay_out(run: Run, commit: str) -> None:
    folder = f"pipelines/{run.name}"
    wanted = {f"{folder}/{file}": file for file in _FILES}
    for path, data in files_at(run.root, commit, list(wanted)).items():
        place = run.place / wanted[path]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    for output in _ARTIFACTS:
        place = run.place / output
        place.parent.mkdir(parents=True, exist_ok=True)
        if not get(run.root, run.name, output, commit, place):
            message = f"{run.name}: dvc has {output} of commit {commit[:8]} neither in its cache nor in a remote"
            raise InfrastructureError(message, hint=f"dvc push where it was made, or mlops run {run.name}")


def _refuse_unless_passed(verdict: Verdict, digest: str) -> None:
    held = verdict.on(date.today())
    said = max(held.verdict, verdict_of(held.rules) if held.rules else PASS, key=BADNESS.index)
    if said == "pass":
        return
    against = [rule.sentence for rule in held.rules if rule.verdict != "pass" and not rule.waived]
    listed = "".join(f"\n  {sentence}" for sentence in against[:20])
    kind = Inconclusive if said == "inconclusive" else GateFailed
    raise kind(
        f"{held.pipeline}: beside the live {str(held.champion)[:19]}… the verdict on {digest[:19]}… is {said}{listed}",
        hint=f"repair the model, or ask for a waiver: mlops waive {held.pipeline}",
    )
