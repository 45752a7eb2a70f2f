"""The compiled workflows of the main branch, executed: a merge is registered, proposed, released and rolled back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.builders.repositories import edit, git
from tests.builders.shop import make_shop, propose
from tests.e2e import plays
from tests.e2e.plays import KEY
from tests.runner.api import Api
from tests.runner.engine import Engine
from tests.runner.event import Event, dispatch
from tests.runner.origin import Origin
from tests.runner.result import Run
from tests.runner.run import Runner

pytestmark = plays.MARKS
TOKENS = {place: f"token-of-the-registry-for-{place}" for place in ("mlops-main", "staging", "prod")}


@dataclass
class Team(plays.Team):
    """A team with a registry."""

    database: Path

    def learn(self, message: str) -> Event:
        """Train at home, push lock, reports and bundle, and merge them."""
        plays.learn(self.work, message)
        git(self.work, "push", "-q", "--force", "origin", "HEAD:refs/heads/change")
        event = self.origin.merge("change")
        self.pull()
        return event

    def versions(self) -> list[dict[str, str]]:
        """Give the tags of every version."""
        from mlflow import MlflowClient

        found = MlflowClient(tracking_uri=f"sqlite:///{self.database}").search_model_versions("name = 'churn'")
        return [dict(version.tags) for version in found]

    def live(self) -> dict[str, Any]:
        """Ask the registry what is live where."""
        from mlflow import MlflowClient

        model = MlflowClient(tracking_uri=f"sqlite:///{self.database}").get_registered_model("churn")
        return dict(model.aliases)


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    folder = tmp_path_factory.mktemp("team")
    work = make_shop(folder / "work", "churn")
    edit(work, "conf/pipeline/churn.yaml", "at_least: 0.85", "at_least: 0.85\n    over_champion: {no_worse_than: 0.5}")
    declared = ("staging: {propose: true, role: live}", "prod: {}")
    plays.keep_registry(work, folder / "mlflow.db", *declared, secrets="MLFLOW_TRACKING_TOKEN: tracking")
    plays.settle(work, folder / "remote")
    propose(work, "Two environments, and a remote")
    origin = Origin.of(work, folder / "origin.git")
    with Engine() as engine, Api() as api:
        environments = {place: {"MLFLOW_TRACKING_TOKEN": token} for place, token in TOKENS.items()}
        environments["mlops-main"]["MLOPS_APP_KEY"] = KEY
        runner = Runner(engine, origin, folder / "runs", api, environments=environments)
        yield Team(work, origin, runner, api, folder / "mlflow.db")


@pytest.fixture(scope="module")
def first(team: Team) -> Run:
    """Merge the first model and play the workflow of the main branch."""
    event = team.learn("Learn from the first table")
    assert team.play(event, "release") is None, "nothing of a release was merged"
    run = team.play(event, "main")
    assert run is not None
    return run


def test_a_merge_registers_the_bundle_and_proposes_it_for_staging(team: Team, first: Run) -> None:
    assert first.results == plays.REGISTERED, first.log
    (pull,) = team.api.pulls
    assert pull["user"]["login"] == "Iv1shop[bot]"
    assert pull["base"]["ref"] == "main"
    file, entry = sorted(team.origin.changed("main", pull["head"]["ref"]))
    assert (file, entry.rpartition("/")[0]) == ("conf/release/staging/churn.yaml", "pipelines/churn/ledger/staging")


def test_each_secret_is_held_by_the_steps_that_need_it_and_by_no_other(first: Run) -> None:
    (found,), (instance,) = first["take"].instances, first["register"].instances
    assert {step.name: step.secrets for step in found.steps if step.secrets} == {
        "Find what was judged": ("MLFLOW_TRACKING_TOKEN",)
    }
    assert (found.environment, found.permissions) == (instance.environment, instance.permissions)
    assert instance.environment == "mlops-main"
    assert instance.permissions == {"actions": "read", "contents": "read", "pull-requests": "read"}
    assert {step.name: step.secrets for step in instance.steps if step.secrets} == {
        "Take over what was judged": ("MLFLOW_TRACKING_TOKEN",),
        "Register": ("MLFLOW_TRACKING_TOKEN",),
        "Speak for the App": ("MLOPS_APP_KEY",),
        "Propose the records and the releases": ("MLFLOW_TRACKING_TOKEN",),
    }
    assert [step.name for step in instance.steps if step.account] == ["Propose the records and the releases"]
    assert [step.name for step in instance.steps if step.token is not None] == ["Take over what was judged"]
    assert "***" not in first.log, "nothing printed a secret that had to be masked"


def test_what_was_trained_at_home_and_never_judged_is_pulled_judged_and_not_trained_again(first: Run) -> None:
    (instance,) = first["register"].instances
    assert "came with no pull request" in instance.step("Take over what was judged").log
    assert "not in the DVC remote" not in instance.step("Fetch the data").log
    assert "Running stage" not in first.log
    assert "AUROC at least 0.85" in first.summary


def test_a_dispatch_registers_nothing_twice_and_opens_no_second_pull_request(team: Team, first: Run) -> None:
    again = team.play(dispatch(team.origin.head()), "main")
    assert again is not None
    assert again.results == plays.REGISTERED, again.log
    assert "registered already" in again.log
    assert len(team.api.pulls) == 1


@pytest.fixture(scope="module")
def released(team: Team, first: Run) -> Run:
    """Merge the release and play the workflow that reconciles."""
    assert first.results == plays.REGISTERED, first.log
    run = team.play(team.origin.merge(team.api.pulls[0]["head"]["ref"]), "release")
    assert run is not None
    team.pull()
    return run


def test_merging_the_release_makes_the_model_live_where_it_says(team: Team, released: Run) -> None:
    assert released.results == {"reconcile-staging": "success", "reconcile-prod": "success"}, released.log
    assert "staging" in team.live()
    assert "prod" not in team.live()
    assert {instance.environment for instance in released.instances} == {"staging", "prod"}
    held = {(step.name, step.secrets) for instance in released.instances for step in instance.steps if step.secrets}
    assert held == {("Reconcile", ("MLFLOW_TRACKING_TOKEN",))}
    assert "***" not in released.log, "nothing printed a secret that had to be masked"
    assert all(instance.permissions == {"contents": "read", "pull-requests": "read"} for instance in released.instances)
    nothing_is_stale(team)


def nothing_is_stale(team: Team) -> None:
    """What a release or a rollback moves is no input of anything: it is compiled as before, and nothing is to run."""
    assert plays.say(team.work, "compile", "--check") == "compiled files match\n"
    assert plays.say(team.work, "plan").splitlines()[-1] == "Plan: 0 to run, 0 gates changed, 0 to deploy, 1 unchanged"
    assert plays.say(team.work, "verify", "churn").startswith("lock, configuration, data and bundles agree")


def test_the_same_content_under_another_contract_is_one_version_under_its_newest_statement(
    team: Team, released: Run
) -> None:
    assert released.results["reconcile-staging"] == "success", released.log
    (before,) = team.versions()
    edit(
        team.work, "conf/data/churn.yaml", "age: {type: int, between: [0, 120]}", "age: {type: int, between: [0, 110]}"
    )
    propose(team.work, "Nobody is that old")
    pulls = len(team.api.pulls)
    run = team.play(team.learn("Learn again"), "main")
    assert run is not None
    assert run.results == plays.REGISTERED, run.log
    assert "registered already, now as the last run judged it: sha256:" in run.log
    (now,) = team.versions()
    assert (now["mlops.bundle"], now["mlops.verdict"]) == (before["mlops.bundle"], "pass")
    assert now["mlops.statement"] != before["mlops.statement"]
    assert len(team.api.pulls) == pulls, "it is live already"
    nothing_is_stale(team)


def test_a_rollback_is_a_pull_request_of_the_bundle_before(team: Team, released: Run) -> None:
    assert released.results["reconcile-staging"] == "success", released.log
    before = (team.work / "conf/release/staging/churn.yaml").read_text()
    pipeline = team.work / "conf/pipeline/churn.yaml"
    pipeline.write_text(pipeline.read_text() + "package: {golden_rows: 8}\n")
    propose(team.work, "Replay fewer rows")
    second = team.play(team.learn("Learn once more"), "main")
    assert second is not None
    assert second.results == plays.REGISTERED, second.log
    assert "| ✅ AUROC no worse than champion by 0.5 | 0.000 | [0.000, 0.000] | 100 |" in second.summary
    (comparison,) = (team.work / "pipelines/churn/comparisons").iterdir()
    file, entry = sorted(team.origin.changed("main", team.api.pulls[-1]["head"]["ref"]))
    assert (file, entry.rpartition("/")[0]) == ("conf/release/staging/churn.yaml", "pipelines/churn/ledger/staging")
    assert "AUROC against champion" in team.api.pulls[-1]["body"]
    assert json.loads(comparison.read_bytes())["champion"] in before
    moved = team.play(team.origin.merge(team.api.pulls[-1]["head"]["ref"]), "release")
    assert moved is not None
    assert moved.results["reconcile-staging"] == "success", moved.log
    team.pull()
    assert (team.work / "conf/release/staging/churn.yaml").read_text() != before
    nothing_is_stale(team)
    asked = team.play(dispatch(team.origin.head(), name="churn", environment="staging"), "rollback")
    assert asked is not None
    assert asked.results == {"rollback": "success"}, asked.log
    pull = team.api.pulls[-1]
    proposed = team.origin.read(pull["head"]["ref"], "conf/release/staging/churn.yaml")
    assert [line for line in proposed.splitlines() if line.startswith("bundle:")] == [
        line for line in before.splitlines() if line.startswith("bundle:")
    ]
