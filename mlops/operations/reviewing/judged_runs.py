"""Which run of the pull-request workflow judged what a commit of the main branch brought, as GitHub tells it.

A check stands beside a commit, whatever it was merged with on trial. Of a pull request it therefore counts only where
nothing else can have been meant: one run of its head, and no other base branch, now or ever. A run of the merge queue
is of the very commit that is the main branch now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, Field, ValidationError

from mlops.errors import InfrastructureError, IntegrityError
from mlops.files.archive import unpack
from mlops.files.canonical import digest_file
from mlops.operations.reviewing.github import Client

WORKFLOW = "mlops-pr.yml"
LARGEST = 2 * 2**30  # bytes of an artifact, packed and unpacked
VERDICT, KEPT = "verdict", "What was judged"
"""The titles of the jobs that say yes, and that write down what each job told."""
_LOOKS, _PAUSE = 10, 15.0  # how often a job that still runs is looked at, and seconds between
_REBASED = ("base_ref_changed", "automatic_base_change_succeeded")


class _Read(BaseModel, extra="ignore", frozen=True):
    pass


class _Repository(_Read):
    full_name: str


class _Branch(_Read):
    ref: str
    sha: str = ""
    repo: _Repository | None = None


class _Pull(_Read):
    number: Annotated[int, Field(gt=0)]
    merged_at: str | None = None
    head: _Branch
    base: _Branch


class _Run(_Read):
    id: Annotated[int, Field(gt=0)]
    event: str
    path: str
    head_sha: str
    head_branch: str | None = None
    head_repository: _Repository | None = None
    conclusion: str | None = None
    html_url: str = ""


class _Job(_Read):
    name: str
    conclusion: str | None = None


class _Artifact(_Read):
    id: Annotated[int, Field(gt=0)]
    name: str
    size_in_bytes: int
    expired: bool
    digest: str | None = None


Read = TypeVar("Read", bound=_Read)


@dataclass(frozen=True)
class JudgedRun:
    """A run whose verdict succeeded; `number` is the pull request's, None for the merge queue."""

    identity: int
    commit: str
    url: str = ""
    number: int | None = None


def judged_run(client: Client, branch: str, commit: str) -> JudgedRun:
    """Find the run that judged what a commit of the main branch brought.

    Raises:
        InfrastructureError: there is none that counts, and why; or GitHub does not answer.
    """
    if queued := _runs(client, commit, "merge_group"):
        return _succeeded(client, _only(queued, commit), None)
    listed = client.rows(f"commits/{commit}/pulls", needs="pull-requests: read")
    pulls = [pull for pull in _parsed(_Pull, listed) if pull.merged_at and pull.base.ref == branch]
    if len(pulls) != 1:
        raise InfrastructureError(f"{commit[:8]} came with {'no' if not pulls else 'more than one'} pull request")
    (pull,) = pulls
    _refuse_other_bases(client, pull, branch)
    run = _only(_runs(client, pull.head.sha, "pull_request"), pull.head.sha)
    if run.head_branch != pull.head.ref or not _here(client, run.head_repository):
        raise InfrastructureError(f"the run of {pull.head.sha[:8]} is of another branch than #{pull.number}")
    return _succeeded(client, run, pull.number)


def bring(client: Client, run: JudgedRun, name: str, folder: Path, most: int = LARGEST) -> None:
    """Bring an artifact of a run, unpacked, into an empty folder.

    Raises:
        InfrastructureError: it is gone, or GitHub does not answer.
        IntegrityError: it is too large, not what GitHub kept, or no archive of plain files.
    """
    listed = client.rows(f"actions/runs/{run.identity}/artifacts?name={name}", "artifacts")
    found = sorted((item for item in _parsed(_Artifact, listed) if item.name == name), key=lambda item: item.id)
    if not found or found[-1].expired:
        raise InfrastructureError(f"the artifact {name} of {_said(run)} is gone")
    artifact = found[-1]
    if artifact.size_in_bytes > most:
        raise IntegrityError(f"the artifact {name} of {_said(run)} has more than {most:,} bytes")
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder.parent / f"{folder.name}.zip"
    try:
        if not client.download(f"actions/artifacts/{artifact.id}/zip", archive, most):
            raise InfrastructureError(f"the artifact {name} of {_said(run)} is gone")
        if artifact.digest is not None and digest_file(archive) != artifact.digest:
            raise IntegrityError(f"the artifact {name} of {_said(run)} is not the one that GitHub kept")
        unpack(archive, folder, most)
    finally:
        archive.unlink(missing_ok=True)


def _said(run: JudgedRun) -> str:
    return f"run {run.identity}" + ("" if run.number is None else f" of #{run.number}")


def _refuse_other_bases(client: Client, pull: _Pull, branch: str) -> None:
    """Refuse where a run of this head may have been of a merge with another branch, which nobody reviewed."""
    if not _here(client, pull.head.repo):
        raise InfrastructureError(f"#{pull.number} came from a fork, or its repository is gone")
    owner = client.repository.partition("/")[0]
    listed = client.rows(f"pulls?state=all&head={owner}:{quote(pull.head.ref)}", needs="pull-requests: read")
    if any(other.base.ref != branch for other in _parsed(_Pull, listed)):
        raise InfrastructureError(f"the branch of #{pull.number} was proposed into other branches too")
    events = client.rows(f"issues/{pull.number}/events", needs="pull-requests: read")
    if any(event.get("event") in _REBASED for event in events):
        raise InfrastructureError(f"the base branch of #{pull.number} was changed")


def _runs(client: Client, commit: str, event: str) -> list[_Run]:
    """List the runs of the workflow for a commit; one that a newer push cancelled judged nothing."""
    listed = client.rows(f"actions/workflows/{WORKFLOW}/runs?event={event}&head_sha={commit}", "workflow_runs")
    file = f".github/workflows/{WORKFLOW}"
    found = (run for run in _parsed(_Run, listed) if run.conclusion not in ("cancelled", "skipped"))
    return [run for run in found if (run.event, run.head_sha, run.path.split("@")[0]) == (event, commit, file)]


def _only(runs: Sequence[_Run], commit: str) -> _Run:
    if len(runs) != 1:
        raise InfrastructureError(f"{commit[:8]} was judged by {'no run' if not runs else 'more than one run'}")
    return runs[0]


def _succeeded(client: Client, run: _Run, number: int | None) -> JudgedRun:
    """Look at the jobs: a run as a whole fails with a comment that could not be posted, which blocks nobody.

    A merge waits for the verdict alone, so what writes down what was told may end a little later.
    """
    found = JudgedRun(run.id, run.head_sha, run.html_url, number)
    for attempt in range(_LOOKS):
        jobs = _parsed(_Job, client.rows(f"actions/runs/{run.id}/jobs?filter=latest", "jobs"))
        ended = {title: {job.conclusion for job in jobs if job.name == title} for title in (VERDICT, KEPT)}
        if attempt == _LOOKS - 1 or not any(None in results for results in ended.values()):
            break
        client.wait(_PAUSE)
    for title, results in ended.items():
        if results != {"success"}:
            raise InfrastructureError(f"the job `{title}` of {_said(found)} did not succeed")
    return found


def _here(client: Client, repository: _Repository | None) -> bool:
    return repository is not None and repository.full_name.casefold() == client.repository.casefold()


def _parsed(kind: type[Read], listed: Any) -> list[Read]:
    try:
        return [kind.model_validate(item) for item in listed]
    except (ValidationError, TypeError) as error:
        raise InfrastructureError("GitHub answered in a way that is not understood here") from error
