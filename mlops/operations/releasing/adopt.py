"""`mlops adopt`: the bundle that a pull request's run judged, taken over by its digest; nothing is trained.

A bundle that the registry has is kept. Else GitHub is asked which run judged what the last commits brought; what that
run left is held against this commit and put into the work tree, so that it can be registered and recorded.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mlops.bundle.contents import Contents
from mlops.bundle.store import Store
from mlops.documents.document import version
from mlops.documents.statement import NAME as STATEMENT
from mlops.documents.statement import VERSION as SCHEMA
from mlops.documents.statement import Statement
from mlops.errors import ConfigurationError, GateFailed, Inconclusive, InfrastructureError, IntegrityError, MlopsError
from mlops.operations.auditing.enter import enter_verdict
from mlops.operations.dvc.lock import read_lock
from mlops.operations.git import changed_files, git
from mlops.operations.integrity.verify import other_data, other_order, other_outputs, other_run
from mlops.operations.judging.judged import LOCK, Left, hold, lay_out, papers_left, put
from mlops.operations.live.bundles import STORE, obtain, prove, reported
from mlops.operations.live.registry import Connect, begun, bring_live, fetching, tracking_uri
from mlops.operations.releasing.adopted import note, noted
from mlops.operations.releasing.compared import compared_with_live
from mlops.operations.reviewing.artifacts import Told, compare, told
from mlops.operations.reviewing.github import Client, NoAnswer
from mlops.operations.reviewing.judged_runs import JudgedRun, bring, judged_run
from mlops.operations.workspace import Workspace, open_workspace
from mlops.plan.pipeline import PipelinePlan
from mlops.release.aliases import find_version
from mlops.release.tracking import connection

RECORD = "judged"
"""The artifact that holds what each job of a run told, written by a job that came after all of them."""
_COMMITS = 5
_LARGEST_RECORD = 4 * 2**20


@dataclass(frozen=True)
class Adopted:
    """What is here now: `state` is `registered` (before), `recorded` (its lock was committed), `taken` or `made`."""

    name: str
    state: str
    bundle: str
    judged: str | None = None
    run: str = ""


def adopt(root: Path, name: str, client: Client | None = None, *, connect: Connect = connection) -> Adopted:
    """Take over the bundle that was judged for what this commit holds of a pipeline.

    Raises:
        InfrastructureError: it cannot be had, and why: it is to be made again, and judged in full.
        IntegrityError: what claims to be it is not; nothing of it is kept.
        ConfigurationError: there are results here that nobody committed.
    """
    workspace = open_workspace(root, (name,))
    pipeline = workspace.pipeline(name)
    # whatever comes of this is judged again beside what is live, where nobody may sign in to where bundles are kept
    bring_live(root, workspace.project, name, workspace.champions.get(name), connect)
    recorded = _recorded(workspace, pipeline)
    if recorded is not None and (known := _known(workspace, pipeline, recorded, connect)) is not None:
        return known
    refuse_uncommitted(root, pipeline)
    search = _Search(workspace, pipeline, recorded, connect)
    try:
        return search.among(client or _client(root), workspace.project.ci.branch)
    except (InfrastructureError, IntegrityError):
        note(root, pipeline, search.judged, search.run, search.statement)
        raise


@dataclass
class _Search:
    """The runs that may have judged it, newest first; `judged` and `run` say what was learnt on the way."""

    workspace: Workspace
    pipeline: PipelinePlan
    recorded: str | None
    connect: Connect
    judged: str | None = None
    run: str = ""
    statement: str | None = None

    def among(self, client: Client, branch: str) -> Adopted:
        tried: list[str] = []
        for commit in _commits(self.workspace.root, self.pipeline):
            try:
                return self._of(client, judged_run(client, branch, commit))
            except NoAnswer as error:
                tried.append(error.message)
                break
            except InfrastructureError as error:
                tried.append(error.message.splitlines()[0])
        listed = "".join(f"\n  {sentence}" for sentence in dict.fromkeys(tried))
        raise InfrastructureError(
            f"{self.pipeline.name}: no bundle that was judged can be taken over{listed}",
            hint=f"`mlops run {self.pipeline.name}` makes one; judge it with `mlops gate {self.pipeline.name} --base`",
        )

    def _of(self, client: Client, run: JudgedRun) -> Adopted:
        with tempfile.TemporaryDirectory(prefix="mlops-judged-") as folder:
            place = Path(folder)
            item = self._told(client, run, place)
            if self.judged is None:
                self.judged, self.run, self.statement = item.bundle, run.url, item.statement
            if self.recorded is not None and item.bundle == self.recorded and self._as_judged(item):
                return self._done("recorded", self.recorded, run)
            bring(client, run, item.artifact, place / "artifacts" / item.artifact)
            compare(place / "artifacts", item.artifact, item.digest)
            evidence = place / "artifacts" / item.artifact / self.pipeline.name
            left = lay_out(evidence, place / "work", self.pipeline)
            contents = hold(self.workspace, left, item.bundle)
            self._beside_live(left, contents)
            return self._taken(left, contents.digest, run)

    def _beside_live(self, left: Left, contents: Contents) -> None:
        """Leave what nobody can compare with what is live by now to be made again, where its rows are at hand.

        What compares worse is taken over all the same: `register` refuses it.
        """
        live = self.workspace.champions.get(self.pipeline.name)
        if live in (None, contents.digest):
            return
        with suppress(GateFailed, Inconclusive):
            papers = papers_left(left, contents)
            compared_with_live(left.place, self.workspace.project, papers, self.pipeline.name, live, self.connect)

    def _as_judged(self, item: Told) -> bool:
        """Whether what was committed says of the bundle what its run said: a digest names content, no verdict."""
        root, name = self.workspace.root, self.pipeline.name
        return _stated(root, name) == item.statement and _kept(root, self.pipeline)

    def _told(self, client: Client, run: JudgedRun, place: Path) -> Told:
        bring(client, run, RECORD, place / RECORD, _LARGEST_RECORD)
        file = place / RECORD / f"{RECORD}.json"
        if [path.name for path in file.parent.iterdir()] != [file.name]:
            raise IntegrityError(f"the artifact {RECORD} of run {run.identity} holds something else")
        found = told(file.read_text(encoding="utf-8", errors="replace")).get(self.pipeline.name)
        if found is None:
            raise InfrastructureError(f"run {run.identity} judged no {self.pipeline.name}")
        return found

    def _taken(self, left: Left, digest: str, run: JudgedRun) -> Adopted:
        root = self.workspace.root
        put(root, left)
        enter_verdict(root, self.pipeline.name)
        Store(root / STORE).put(root / self.pipeline.folder / "artifacts" / "bundle")
        return self._done("taken", digest, run)

    def _done(self, state: str, digest: str, run: JudgedRun) -> Adopted:
        root, name = self.workspace.root, self.pipeline.name
        note(root, self.pipeline, digest, run.url, _stated(root, name))
        return Adopted(name, state, digest, digest, run.url)


def _recorded(workspace: Workspace, pipeline: PipelinePlan) -> str | None:
    """Name the bundle of the committed lock and reports, where they are of what this commit holds and passed."""
    root = workspace.root
    try:
        locked = read_lock(root, pipeline.folder)
    except IntegrityError:
        return None
    wrong: Iterator[str] = (
        sentence
        for sentences in (
            other_run(pipeline, locked),
            other_data(root, pipeline, locked),
            other_order(locked),
            other_outputs(root, pipeline, locked),
        )
        for sentence in sentences
    )
    if next(wrong, None) is not None:
        return None
    report = reported(root, pipeline.name)
    return report.digest if report.verdict == "pass" else None


def _known(workspace: Workspace, pipeline: PipelinePlan, digest: str, connect: Connect) -> Adopted | None:
    """Find the bundle of the recorded run where it was taken over before: in the registry, or here."""
    root, name = workspace.root, pipeline.name
    before = noted(root, pipeline)
    judged_so = before is not None and (before.judged, before.statement) == (digest, _stated(root, name))
    if before is not None and judged_so and _kept(root, pipeline):
        return Adopted(name, "recorded", digest, digest, before.run)
    uri = tracking_uri(root, workspace.project)
    if not begun(uri):
        return None
    try:
        with connect(uri) as client:
            version = find_version(client, name, digest)
            if version is None or version.judged is None:  # somebody registered it at home: that judges nothing
                return None
            if version.statement != _stated(root, name):  # the same content, judged by other rules
                return None
            prove(obtain(root, name, digest, fetching(client, version)), name, digest)
    except MlopsError:
        return None
    return Adopted(name, "registered", digest, version.judged)


def _stated(root: Path, name: str) -> str | None:
    """Name the committed statement, which binds the verdict on the bundle; None for a bundle of version 1."""
    data = (root / "pipelines" / name / "reports" / STATEMENT).read_bytes()
    return Statement.parse(data).name if version(data) == SCHEMA else None


def _kept(root: Path, pipeline: PipelinePlan) -> bool:
    """Whether the bundle of the committed report can be had from where bundles are kept, and answers."""
    digest = str(reported(root, pipeline.name).digest)
    try:
        prove(obtain(root, pipeline.name, digest), pipeline.name, digest)
    except MlopsError:
        return False
    return True


def refuse_uncommitted(root: Path, pipeline: PipelinePlan) -> None:
    """Refuse to write over a lock or reports that nobody committed; raises ConfigurationError."""
    files = changed_files(root, "HEAD", pipeline.folder)
    kept = (f"{pipeline.folder}/{LOCK}", f"{pipeline.folder}/reports/")
    if changed := sorted(path for path in files if path.startswith(kept)):
        raise ConfigurationError(
            f"{changed[0]} has changes that are not committed", hint=f"git diff -- {pipeline.folder}"
        )


def _commits(root: Path, pipeline: PipelinePlan) -> list[str]:
    """List the last commits of the main line that brought something of a pipeline."""
    wanted = ("rev-list", "--first-parent", f"--max-count={_COMMITS}", "HEAD", "--", pipeline.folder)
    done = git(root, *wanted)
    if done.returncode:
        raise InfrastructureError("git cannot list the commits of this branch", hint="git fetch --unshallow")
    return done.stdout.decode().split()


def _client(root: Path) -> Client:
    token, repository = os.environ.get("GITHUB_TOKEN", ""), os.environ.get("GITHUB_REPOSITORY", "")
    if not token or not repository:
        hint = "set GITHUB_TOKEN (it needs `actions: read`, `pull-requests: read`) and GITHUB_REPOSITORY=owner/name"
        raise InfrastructureError(f"{root.name}: GitHub cannot be asked which run judged it", hint=hint)
    return Client(repository, token, os.environ.get("GITHUB_API_URL") or "https://api.github.com")
