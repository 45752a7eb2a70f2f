"""The workflow of the main branch after one that judged a pull request, on a machine that computes otherwise."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from mlops.files.canonical import digest_file
from tests.builders.repositories import edit, git
from tests.builders.shop import make_shop, propose
from tests.e2e import plays
from tests.e2e.plays import KEY
from tests.runner.api import Api
from tests.runner.engine import Engine
from tests.runner.origin import Origin
from tests.runner.result import Run
from tests.runner.run import Runner

pytestmark = plays.MARKS

# what a fleet of runners does: the same training gives other bits on another vendor's processor
MODEL = """\
from pathlib import Path

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier


def fitted():
    processor = Path("{processor}").read_text()
    if processor == "broken":
        return DecisionTreeClassifier(max_depth=1)
    return make_pipeline(StandardScaler(), LogisticRegression(C=1.0 if processor == "one" else 0.99))
"""


@dataclass
class Team(plays.Team):
    """A team whose pull request was judged on one processor and waits to be merged."""

    folder: Path
    judged: Run
    head: str
    base: str

    @property
    def bundle(self) -> str:
        """The bundle that was judged."""
        return digest_file(self.judged.artifacts / "report-churn/churn/bundle/manifest.json")

    def merge(self, processor: str, *, squash: bool = False) -> Run:
        """Merge it into what main was, with a registry that holds nothing, and play the main branch's workflow."""
        (self.folder / "processor").write_text(processor)
        (self.folder / "mlflow.db").unlink(missing_ok=True)
        git(self.origin.folder, "update-ref", "refs/heads/main", self.base)
        for branch in git(self.origin.folder, "branch", "--list", "--format=%(refname)", "mlops/*").split():
            git(self.origin.folder, "update-ref", "-d", branch)
        self.api.pulls.clear()
        self.api.ran.commits.clear()
        self.api.ran.pulls.clear()
        event = self.origin.merge("change", squash=squash)
        self.api.ran.merged(event.sha, 7, self.head)
        run = self.play(event, "main")
        assert run is not None
        return run

    def check(self, branch: str) -> Run:
        """Play the pull-request workflow of a branch that a verb proposed."""
        git(self.work, "fetch", "-q", "origin", branch)
        git(self.work, "checkout", "-q", "--force", "--detach", "FETCH_HEAD")
        try:
            run = self.runner.event(self.origin.pull_request(self.work))
        finally:
            git(self.work, "checkout", "-q", "--force", "main")
        assert run is not None
        return run

    def versions(self) -> list[dict[str, str]]:
        """Read the tags of every registered version."""
        if not (self.folder / "mlflow.db").exists():
            return []
        with closing(sqlite3.connect(self.folder / "mlflow.db")) as database:
            rows = database.execute("SELECT version, key, value FROM model_version_tags ORDER BY version").fetchall()
        found: dict[int, dict[str, str]] = {}
        for version, key, value in rows:
            found.setdefault(version, {})[key] = value
        return list(found.values())


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    folder = tmp_path_factory.mktemp("team")
    work = make_shop(folder / "work", "churn")
    plays.keep_registry(work, folder / "mlflow.db", "staging: {propose: true}")
    (work / "conf" / "model").mkdir()
    (work / "conf" / "model" / "own.yaml").write_text("# @package model.own\nkind: pipelines.churn.model:fitted\n")
    (work / "pipelines" / "churn" / "model.py").write_text(MODEL.format(processor=folder / "processor"))
    edit(work, "conf/pipeline/churn.yaml", "/model: [linear]", "/model: [own]")
    plays.settle(work, folder / "remote")
    base = propose(work, "A model of our own")
    origin = Origin.of(work, folder / "origin.git")
    edit(work, "conf/data/churn.yaml", "between: [0, 120]", "between: [0, 110]")
    head = propose(work, "Nobody is that old")
    git(work, "push", "-q", "origin", "HEAD:refs/heads/change")
    (folder / "processor").write_text("one")
    with Engine() as engine, Api() as api:
        runner = Runner(engine, origin, folder / "runs", api, environments={"mlops-main": {"MLOPS_APP_KEY": KEY}})
        judged = runner.event(origin.pull_request(work))
        assert judged is not None
        assert judged["verdict"].result == "success", judged.log
        yield Team(work, origin, runner, api, folder, judged, head, base)


READ = {"contents": "read"}
_RUNNING = re.compile(r"Running stage 'pipelines/\w+/dvc.yaml:(\w+)'")


def stages(run: Run) -> list[str]:
    return _RUNNING.findall(run.log)


def running(run: Run, job: str) -> list[str]:
    """List the stages that ran in a job."""
    return [name for instance in run[job].instances for step in instance.steps for name in _RUNNING.findall(step.log)]


def test_the_comment_reads_what_it_read_before_and_the_record_is_kept_apart(team: Team) -> None:
    ended = dict.fromkeys(team.judged.results, "success") | {"framework": "skipped"}
    assert team.judged.results == ended, team.judged.log
    kept = sorted(path.name for path in team.judged.artifacts.iterdir())
    assert kept == ["judged", "plan", "report-churn", "verdict-churn"]
    (instance,) = team.judged["judged"].instances
    assert instance.permissions == {}


def test_what_was_judged_is_taken_over_on_another_processor_and_nothing_is_trained(team: Team) -> None:
    run = team.merge("two", squash=True)
    assert run.results == plays.REGISTERED, run.log
    assert stages(run) == []
    (version,) = team.versions()
    assert (version["mlops.bundle"], version["mlops.judged"]) == (team.bundle, team.bundle)
    assert version["mlops.dirty"] == "false"
    (pull,) = team.api.pulls
    assert pull["head"]["ref"] == "mlops/record/churn"
    changed = team.origin.changed("main", pull["head"]["ref"])
    assert "pipelines/churn/dvc.lock" in changed
    assert {path.split("/")[2] for path in changed} == {"dvc.lock", "ledger", "reports"}
    assert team.bundle in team.origin.read(pull["head"]["ref"], "pipelines/churn/reports/bundle.json")
    pushed = {path.name for path in (team.folder / "remote").rglob("*") if path.is_file()}
    lock = team.origin.read(pull["head"]["ref"], "pipelines/churn/dvc.lock")
    (bundle,) = set(re.findall(r"path: artifacts/bundle\n\s+hash: md5\n\s+md5: (\w+\.dir)", lock))
    assert bundle[2:] in pushed, "DVC's remote has what was taken over"


def test_the_step_that_takes_over_holds_a_token_that_only_reads(team: Team) -> None:
    run = team.merge("two")
    reads = {"actions": "read", "contents": "read", "pull-requests": "read"}
    holders = {"take": "Find what was judged", "register": "Take over what was judged"}
    for name, title in holders.items():
        (instance,) = run[name].instances
        assert instance.permissions == reads
        assert [step.name for step in instance.steps if step.token is not None] == [title]


def test_what_ci_made_is_recorded_first_and_its_release_is_one_line_after_that(team: Team) -> None:
    assert team.merge("two").results == plays.REGISTERED
    recorded = team.api.pulls[-1]["head"]["ref"]
    checked = team.check(recorded)
    assert checked["verdict"].result == "success", checked.log
    assert "lock, configuration, data and bundles agree" in checked.log
    assert checked["pipeline"].result == "success", "a record has a job that answers for it"
    assert "train" in stages(checked), "the remote has the bundle alone, and nothing to judge it by"
    assert "::warning title=churn came out otherwise than it is recorded::" in checked.log
    run = team.play(team.origin.merge(recorded), "main")
    assert run is not None
    assert run.results == plays.REGISTERED, run.log
    assert (stages(run), len(team.versions())) == ([], 1)
    assert "registered already" in run.log
    team.pull()
    assert plays.say(team.work, "verify", "churn").startswith("lock, configuration, data and bundles agree")
    assert len(team.api.pulls) == 2
    pull = team.api.pulls[-1]
    file, entry = sorted(team.origin.changed("main", pull["head"]["ref"]))
    assert (file, entry.rpartition("/")[0]) == ("conf/release/staging/churn.yaml", "pipelines/churn/ledger/staging")
    assert f"bundle: {team.bundle}" in team.origin.read(pull["head"]["ref"], "conf/release/staging/churn.yaml")
    assert "Judged by the run of its pull request: the very same bundle." in pull["body"]


def test_an_artifact_that_was_changed_is_refused_made_again_and_judged_and_both_are_named(team: Team) -> None:
    path = team.judged.artifacts / "report-churn/churn/bundle/model.json"
    before, bundle = path.read_bytes(), team.bundle
    path.write_bytes(before + b"\n")
    try:
        run = team.merge("two")
    finally:
        path.write_bytes(before)
    assert run.results == plays.REGISTERED | {"make": "success"}, run.log
    (made,) = run["make"].instances
    assert (made.permissions, made.environment, [step for step in made.steps if step.secrets]) == (READ, "", [])
    assert not [name for job in ("take", "register") for name in running(run, job)], (
        "own code beside what is privileged"
    )
    assert "::warning title=churn: an artifact was refused::" in run.log
    assert "report-churn: the artifact is not the one its job made" in run.log
    assert {"train", "gate", "package"} <= set(stages(run))
    assert "AUROC at least 0.85" in run.summary, "it was judged in full"
    (version,) = team.versions()
    assert version["mlops.bundle"] != bundle
    assert (version["mlops.judged"], version["mlops.dirty"]) == (bundle, "false")
    (record,) = team.api.pulls
    assert team.play(team.origin.merge(record["head"]["ref"]), "main") is not None
    pull = team.api.pulls[-1]
    assert f"judged `{bundle}`" in pull["body"]
    assert f"`{version['mlops.bundle']}` was made again on the main branch" in pull["body"]


def test_what_is_made_again_and_does_not_pass_is_not_registered_and_the_job_says_what_to_do(team: Team) -> None:
    team.api.ran.expired.add("report-churn")
    try:
        run = team.merge("broken")
    finally:
        team.api.ran.expired.clear()
    assert run.results == plays.REFUSED | {"make": "failure"}
    assert "::error title=churn could not be made::" in run.log
    assert team.versions() == []
    assert team.api.pulls == []
    assert "the artifact report-churn of run 100 of #7 is gone" in run.log
    assert "**churn is not registered.** What its data and its bundle come to here did not pass" in run.summary
    assert "Run this workflow again" in run.summary
