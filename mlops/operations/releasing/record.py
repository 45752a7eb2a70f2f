"""`mlops record`: the lock and the reports of a run that Git does not hold, as a pull request of their own.

Where CI made a bundle, on the pull request or after the merge, nobody has committed what its run wrote. A release names
one bundle and carries nothing else, so this comes first. What the bundle was compared with travels along: the rows to
compare it on are kept nowhere but where it was made.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mlops.documents.comparison import comparisons_of
from mlops.errors import InfrastructureError, IntegrityError, MlopsError, StaleError
from mlops.files.atomic import bytes_of
from mlops.ledger.entry import MODEL
from mlops.ledger.line import folder_of
from mlops.operations.auditing.enter import due
from mlops.operations.git import changed_files
from mlops.operations.integrity.verify import verify
from mlops.operations.live.bundles import judged, recorded_at, reported
from mlops.operations.live.history import shallow
from mlops.operations.live.registry import refuse_unless_passed
from mlops.operations.project import open_project
from mlops.operations.reviewing.proposal import Proposal, Proposed, submit
from mlops.operations.workspace import open_workspace
from mlops.present.markdown.record import record_body


@dataclass(frozen=True)
class Record:
    """What became of it; `state` is `recorded` (Git holds it already), `unrecorded` (a dry run) or `proposed`."""

    name: str
    bundle: str
    state: str
    files: tuple[str, ...] = ()
    proposed: Proposed | None = None


def record(root: Path, name: str, *, dry: bool = False) -> Record:
    """Propose lock and reports of the last run where the commit that is checked out lacks them.

    Raises:
        StaleError: there is no run, or it is not of what this commit holds.
        GateFailed: its verdict is not a pass; Inconclusive where the evidence was too thin.
        IntegrityError: what lies here is not what the lock says.
        InfrastructureError: Git or GitHub does not answer.
    """
    _, project = open_project(root, name)
    digest = bundle_of(root, name)
    files = unrecorded(root, name)
    if not files:
        return Record(name, digest, "recorded")
    _agreeing(root, name)
    files |= _compared(root, name, digest) | _entered(root, name)
    if dry:
        return Record(name, digest, "unrecorded", tuple(files))
    proposal = Proposal(
        branch=f"mlops/record/{name}",
        title=f"Record the run of {name} that made {digest[7:19]}",
        body=record_body(name, digest, len(files)),
        files=files,
        labels=("record",),
    )
    return Record(name, digest, "proposed", tuple(files), submit(root, proposal, base=project.ci.branch))


def bundle_of(root: Path, name: str, otherwise: str = "") -> str:
    """Name the bundle of the last run; raises StaleError where there is none, GateFailed where it did not pass.

    `otherwise` is what else the hint says can be typed where there is none.
    """
    report = reported(root, name)
    digest = report.digest
    if digest is None:
        for made, verdict in judged(root, name).items():  # it is there, and no statement of a pass on it
            refuse_unless_passed(name, made, verdict)
        raise StaleError(f"pipelines/{name} has no bundle", hint=f"run `mlops run {name}` first{otherwise}")
    refuse_unless_passed(name, digest, report.verdict)
    return digest


def unrecorded(root: Path, name: str) -> dict[str, bytes | None]:
    """Give what the last run wrote and the commit lacks; None stands for a report that this run took away."""
    files = changed_files(root, "HEAD", f"pipelines/{name}")
    kept = (f"pipelines/{name}/dvc.lock", f"pipelines/{name}/reports/")
    return {path: bytes_of(root / path) for path in sorted(files) if path.startswith(kept)}


def _compared(root: Path, name: str, digest: str) -> dict[str, bytes | None]:
    """Give the comparisons of a bundle that the commit lacks."""
    changed = changed_files(root, "HEAD", f"pipelines/{name}")
    return {made.file: made.dumps().encode() for made in comparisons_of(root, name, digest) if made.file in changed}


def _entered(root: Path, name: str) -> dict[str, bytes | None]:
    """Give the entries of the ledger that the commit lacks, that of the verdict among them."""
    folder = f"{folder_of(name, MODEL)}/"
    files = changed_files(root, "HEAD", folder)
    return {path: bytes_of(root / path) for path in sorted(files)} | due(root, name, MODEL)


def refuse_unrecorded(root: Path, name: str, digest: str) -> None:
    """Refuse a bundle whose run no commit records.

    Raises:
        StaleError: none does.
        InfrastructureError: the history that would tell was not fetched.
    """
    if recorded_at(root, name, digest) is not None:
        return
    if shallow(root):
        raise InfrastructureError("the history before was not fetched", hint="git fetch --unshallow")
    raise StaleError(
        f"{name}: no commit records the run that made {digest[:19]}…, and only what Git records is released",
        hint=f"mlops record {name}, and merge its pull request; or commit pipelines/{name}/dvc.lock and its reports",
    )


def _agreeing(root: Path, name: str) -> None:
    """Refuse what the checks of the pull request would: a run of something else than what this commit holds."""
    found = verify(open_workspace(root, (name,)), (name,))
    if not found:
        return
    kind: type[MlopsError] = (
        IntegrityError if any(item.code == IntegrityError.exit_code for item in found) else StaleError
    )
    listed = "".join(f"\n  {item.message}" for item in found[:20])
    raise kind(f"{name}: what the last run wrote is not of what is checked out{listed}", hint=f"mlops run {name}")
