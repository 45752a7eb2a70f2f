"""The compiled pull-request workflow, executed: what a reviewer sees for each kind of change."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders.quick_yaml import load
from tests.builders.repositories import edit, git
from tests.builders.shop import BROKEN, make_shop, propose
from tests.e2e import plays
from tests.runner.api import Api
from tests.runner.engine import Engine
from tests.runner.event import Event
from tests.runner.origin import Origin
from tests.runner.result import Run
from tests.runner.run import Runner

pytestmark = plays.MARKS

SECRET = "s3cret-of-the-remote"
WORKFLOW = ".github/workflows/mlops-pr.yml"


class Team(plays.Team):
    """A team that opens pull requests."""

    def branch(self) -> Path:
        """Begin a change from main."""
        git(self.work, "checkout", "-q", "--force", "-B", "change", "main")
        git(self.work, "clean", "-q", "-f", "-d", "conf", "pipelines")
        return self.work

    def judge(self, event: Event) -> Run:
        run = self.play(event, "pr")
        assert run is not None, "the workflow did not start"
        return run

    def open(self) -> Run:
        """Push the branch as a pull request, and let the workflow judge it."""
        return self.judge(self.origin.pull_request(self.work))


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    folder = tmp_path_factory.mktemp("team")
    work = make_shop(folder / "work", "churn", "visits")
    plays.settle(work, folder / "remote")
    for name in ("churn", "visits"):
        plays.learn(work, f"Learn {name}", name)
    origin = Origin.of(work, folder / "origin.git")
    with Engine() as engine, Api() as api:
        yield Team(work, origin, Runner(engine, origin, folder / "runs", api, {"DVC_REMOTE_KEY": SECRET}), api)


def stages(run: Run) -> list[str]:
    """List the stages that the jobs ran."""
    logs = [instance.step("Run").log for instance in run["pipeline"].instances]
    return [stage for log in logs for stage in re.findall(r"Running stage 'pipelines/\w+/dvc.yaml:(\w+)'", log)]


def test_a_good_change_is_green_and_its_summary_holds_the_gates(team: Team) -> None:
    edit(team.branch(), "conf/pipeline/churn.yaml", "at_least: 0.85", "at_least: 0.86")
    propose(team.work, "Ask for more")
    run = team.open()
    assert run["verdict"].result == "success", run.log
    assert "| ✅ AUROC at least 0.86 |" in run.summary
    assert "<b>churn</b>: gate, package" in run.summary
    assert stages(run) == ["gate", "package"]
    assert list((run.artifacts / "report-churn").rglob("gate.json"))
    kept = [instance.workspace / ".git" / "config" for instance in run["pipeline"].instances]
    assert not [path for path in kept if "extraheader" in path.read_text()], "a job that runs models keeps a token"


def test_what_the_author_ran_at_home_is_verified_and_judged_and_nothing_runs(team: Team) -> None:
    edit(team.branch(), "conf/pipeline/churn.yaml", "at_least: 0.85", "at_least: 0.84")
    propose(team.work, "Ask for less")
    plays.learn(team.work, "Judge it at home", "churn")
    run = team.open()
    assert run["verdict"].result == "success", run.log
    assert "| ✅ AUROC at least 0.84 |" in run.summary
    assert stages(run) == []


def test_what_somebody_put_into_the_remote_is_not_believed(team: Team) -> None:
    edit(team.branch(), "conf/pipeline/churn.yaml", "at_least: 0.85", "at_least: 0.83")
    propose(team.work, "Ask for less still")
    lock = load((team.work / "pipelines/churn/dvc.lock").read_text())
    digest = next(out["md5"] for out in lock["stages"]["evaluate"]["outs"] if out["path"].endswith("/evaluation"))
    (kept,) = team.work.parent.glob(f"remote/files/md5/{digest[:2]}/{digest[2:]}")
    before = kept.read_bytes()
    kept.chmod(0o644)
    kept.write_bytes(b"[]")
    try:
        run = team.open()
    finally:
        kept.write_bytes(before)
    assert run["verdict"].result == "success", run.log
    assert "evaluate" in stages(run)


def test_a_change_to_one_of_several_pipelines_runs_only_that_one(team: Team) -> None:
    edit(team.branch(), "conf/data/visits.yaml", "between: [0, 120]", "between: [0, 110]")
    propose(team.work, "Nobody is that old")
    run = team.open()
    assert run["verdict"].result == "success", run.log
    assert [instance.name for instance in run["pipeline"].instances] == ["visits"]


def test_a_change_that_fails_a_gate_is_red_and_the_sentence_is_in_the_summary(team: Team) -> None:
    edit(team.branch(), "conf/pipeline/churn.yaml", "at_least: 0.85", "at_least: 0.999")
    propose(team.work, "Ask for the impossible")
    run = team.open()
    assert run.results["pipeline"] == "failure", run.log
    assert run["verdict"].result == "failure"
    assert "❌ churn: fail (1 of 3 failed)" in run.summary
    assert ", but at least 0.999 is required" in run.summary


def test_a_pull_request_has_one_comment_that_the_next_push_updates(team: Team) -> None:
    team.api.comments.clear()
    team.api.seed(7, "Looks interesting")
    edit(team.branch(), "conf/pipeline/churn.yaml", "at_least: 0.85", "at_least: 0.999")
    propose(team.work, "Ask for the impossible")
    first = team.open()
    person, posted = team.api.comments
    assert (first["verdict"].result, first["comment"].result) == ("failure", "success"), first.log
    assert "but at least 0.999 is required" in posted["body"]
    assert posted["user"]["login"] == "github-actions[bot]"
    edit(team.work, "conf/pipeline/churn.yaml", "at_least: 0.999", "at_least: 0.86")
    propose(team.work, "Ask for what is possible")
    second = team.open()
    assert (second["verdict"].result, second["comment"].result) == ("success", "success"), second.log
    assert team.api.comments == [person, posted]
    assert posted["updates"] == 1
    assert "at least 0.999" not in posted["body"]
    assert person["body"] == "Looks interesting"


def test_the_comment_says_that_nothing_was_verified_where_a_compiled_file_was_edited(team: Team) -> None:
    team.api.comments.clear()
    edit(team.branch(), "pipelines/churn/params.yaml", "at_least: 0.85", "at_least: 0.1")
    propose(team.work, "Lower the bound where nobody looks", compiled=False)
    run = team.open()
    assert (run["verdict"].result, run["comment"].result) == ("failure", "success"), run.log
    (posted,) = team.api.comments
    assert "stopped before anything ran" in posted["body"]


def test_only_the_step_that_posts_holds_a_token(team: Team) -> None:
    team.branch()
    propose(team.work, "Nothing")
    run = team.open()
    holders = [
        (name, step.token)
        for name, job in run.jobs.items()
        for instance in job.instances
        for step in instance.steps
        if step.token is not None
    ]
    assert [name for name, _ in holders] == ["comment"], holders
    assert holders[0][1] == {"contents": "read", "pull-requests": "write"}


def test_a_change_that_lowers_the_gate_and_worsens_the_model_is_red_under_the_base(team: Team) -> None:
    work = team.branch()
    edit(work, "conf/pipeline/churn.yaml", "at_least: 0.85", "at_least: 0.55")
    with (work / "conf" / "data" / "churn.yaml").open("a") as data:
        data.write("exclude: {unwanted: [age]}\n")
    propose(work, "Lower the bound, and learn less")
    run = team.open()
    own = run.artifacts / "report-churn/churn/gate.json"
    assert json.loads(own.read_bytes())["verdict"] == "pass", "the change must pass its own gate"
    assert run["verdict"].result == "failure", run.log
    assert "0.85" in run.summary


def test_a_generated_file_edited_by_hand_is_red(team: Team) -> None:
    edit(team.branch(), "pipelines/churn/params.yaml", "at_least: 0.85", "at_least: 0.1")
    propose(team.work, "Lower the bound where nobody looks", compiled=False)
    run = team.open()
    assert run.results["check"] == "failure", run.log
    assert run.results["pipeline"] == "skipped"
    assert run["verdict"].result == "failure"
    assert "-    at_least: 0.1\n+    at_least: 0.85" in run["check"].instances[0].log


def test_a_training_that_fails_makes_the_verdict_red_not_skipped(team: Team) -> None:
    work = team.branch()
    (work / "pipelines" / "churn" / "model.py").write_text(BROKEN)
    (work / "conf" / "model").mkdir(exist_ok=True)
    kind = "# @package model.broken\nkind: pipelines.churn.model:Broken\n"
    (work / "conf" / "model" / "broken.yaml").write_text(kind)
    edit(work, "conf/pipeline/churn.yaml", "/model: [linear]", "/model: [broken]")
    propose(work, "A model of our own")
    run = team.open()
    assert run.results["pipeline"] == "failure", run.log
    assert "train stopped" in run["pipeline"].instances[0].step("Run").log
    assert run["verdict"].result == "failure"


def test_a_change_that_affects_no_pipeline_is_green_without_running_any(team: Team) -> None:
    (team.branch() / "NOTES.md").write_text("Nothing to learn from this.\n")
    propose(team.work, "Take a note")
    run = team.open()
    assert run.results["pipeline"] == "skipped", run.log
    assert run["verdict"].result == "success"


def test_a_report_that_no_run_wrote_is_red_and_not_made_again(team: Team) -> None:
    edit(team.branch(), "pipelines/churn/reports/metrics.json", '"task"', '"task" ')
    propose(team.work, "Better figures")
    run = team.open()
    assert run.results["pipeline"] == "failure", run.log
    assert "reports/metrics.json is not what the run wrote" in run["pipeline"].instances[0].step("Run").log
    assert stages(run) == []
    assert run["verdict"].result == "failure"


def test_another_remote_is_judged_for_every_model_and_trains_none(team: Team) -> None:
    with (team.branch() / ".dvc/config").open("a") as file:
        file.write("    jobs = 2\n")
    propose(team.work, "Fetch less at once")
    run = team.open()
    assert run["verdict"].result == "success", run.log
    assert [instance.name for instance in run["pipeline"].instances] == ["churn", "visits"]
    assert stages(run) == []
    assert "policy-change: judged by the rules of" in run.summary


def test_a_fork_is_judged_without_secrets_and_with_a_token_that_only_reads(team: Team) -> None:
    edit(team.branch(), "conf/pipeline/churn.yaml", "at_least: 0.85", "at_least: 0.87")
    propose(team.work, "A stranger asks for more")
    run = team.judge(team.origin.pull_request(team.work, 8, fork=True))
    assert run["verdict"].result == "success", run.log
    assert "AUROC at least 0.87" in run.summary
    assert {level for instance in run.instances for level in instance.permissions.values()} <= {"read"}
    assert not [step.name for instance in run.instances for step in instance.steps if step.secrets]
    assert not [comment for comment in team.api.comments if comment["number"] == 8]


def test_the_merge_queue_is_judged_by_the_same_workflow(team: Team) -> None:
    edit(team.branch(), "conf/pipeline/churn.yaml", "at_least: 0.85", "at_least: 0.88")
    propose(team.work, "Ask for more, in the queue")
    run = team.judge(team.origin.merge_group(team.work))
    assert run["verdict"].result == "success", run.log
    assert stages(run) == ["gate", "package"]
    assert [instance.name for instance in run["pipeline"].instances] == ["churn"]


def test_a_job_that_runs_the_changed_code_holds_no_token_that_writes(team: Team) -> None:
    workflow = team.runner.engine.parse(WORKFLOW, team.origin.read("main", WORKFLOW))
    asked = {job.identity: job.body["permissions"] for job in workflow.jobs}
    for name in ("check", "affected", "pipeline"):
        assert set(asked[name].values()) <= {"read"}, name


def test_another_branch_starts_nothing(team: Team) -> None:
    event = team.origin.pull_request(team.branch(), 9)
    other = Event(event.name, event.action, "legacy", event.sha, event.reference, event.payload)
    assert team.runner.event(other) is None
