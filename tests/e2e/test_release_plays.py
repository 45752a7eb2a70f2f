"""The compiled workflows of the main branch, executed: a merge is registered, proposed, released and rolled back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.builders.podman import BASE, WHY, Yard, ask, digest_in_registry
from tests.builders.repositories import commit, edit, git
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
    yard: Yard | None = None

    @property
    def registered(self) -> dict[str, str]:
        """How the jobs after a merge end where nothing had to be made; images are built where podman is."""
        return plays.REGISTERED if self.yard is None else {**plays.REGISTERED, "image": "success"}

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
def yard(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard | None]:
    """Have images built and pushed, where podman can run; the plays without them are the same."""
    if WHY:
        yield None
        return
    try:
        podman, wheels = request.getfixturevalue("podman"), request.getfixturevalue("wheelhouse")
    except pytest.skip.Exception:
        yield None
        return
    with Yard.opened(podman, wheels, tmp_path_factory.mktemp("yard")) as opened:
        yield opened


def pushing(work: Path, yard: Yard) -> None:
    """Give the pipeline a container that is pushed, and every job the wheels that it is built from."""
    with (work / "conf/pipeline/churn.yaml").open("a") as file:
        container = f"kind: container, base: '{BASE}', behind: proxy, repository: '{yard.registry}/churn'"
        file.write(f"deploy: {{image: {{{container}}}}}\n")
    with (work / "Makefile").open("a") as file:
        file.write(f'\t@echo "MLOPS_WHEELS={yard.wheels}" >> "$$GITHUB_ENV"\n')


@pytest.fixture(scope="module")
def team(yard: Yard | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    folder = tmp_path_factory.mktemp("team")
    work = make_shop(folder / "work", "churn")
    edit(work, "conf/pipeline/churn.yaml", "at_least: 0.85", "at_least: 0.85\n    over_champion: {no_worse_than: 0.5}")
    declared = ("staging: {propose: true, role: live}", "prod: {}")
    plays.keep_registry(work, folder / "mlflow.db", *declared, secrets="MLFLOW_TRACKING_TOKEN: tracking")
    plays.settle(work, folder / "remote")
    if yard is not None:
        pushing(work, yard)
    propose(work, "Two environments, and a remote")
    origin = Origin.of(work, folder / "origin.git")
    with Engine() as engine, Api() as api:
        environments = {place: {"MLFLOW_TRACKING_TOKEN": token} for place, token in TOKENS.items()}
        environments["mlops-main"]["MLOPS_APP_KEY"] = KEY
        runner = Runner(engine, origin, folder / "runs", api, environments=environments)
        yield Team(work, origin, runner, api, folder / "mlflow.db", yard)


@pytest.fixture(scope="module")
def first(team: Team) -> Run:
    """Merge the first model and play the workflow of the main branch."""
    event = team.learn("Learn from the first table")
    assert team.play(event, "release") is None, "nothing of a release was merged"
    run = team.play(event, "main")
    assert run is not None
    return run


def test_a_merge_registers_the_bundle_and_proposes_it_for_staging(team: Team, first: Run) -> None:
    assert first.results == team.registered, first.log
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
    lays = {"Lay out the images": ("MLFLOW_TRACKING_TOKEN",)} if "image" in first.results else {}
    assert {step.name: step.secrets for step in instance.steps if step.secrets} == lays | {
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
    assert again.results == team.registered, again.log
    assert "registered already" in again.log
    assert len(team.api.pulls) == 1


@pytest.fixture(scope="module")
def released(team: Team, first: Run) -> Run:
    """Merge the release and play the workflow that reconciles."""
    assert first.results == team.registered, first.log
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


def answering(team: Team, environment: str) -> str:
    """Pull the image of what is live in an environment, named by its bundle, run it with no right; give its digest."""
    if team.yard is None:
        pytest.skip(WHY or "no index")
    release = yaml.safe_load((team.work / f"conf/release/{environment}/churn.yaml").read_text())
    repository, podman = f"{team.yard.registry}/churn", team.yard.podman
    digest = digest_in_registry(f"{repository}:{release['bundle'].replace(':', '-')}")
    named = f"{repository}@{digest}"
    assert named in team.api.attested
    podman("pull", "--quiet", "--tls-verify=false", named)
    with podman.running(named) as address:
        assert ask(f"{address}/version")["bundle"] == release["bundle"]
        row = {"age": 80, "visits": 2, "plan": "free"}
        assert ask(f"{address}/invocations", [row])["predictions"]
    return digest


def test_the_image_of_what_was_registered_is_pushed_and_attested_by_a_job_that_holds_nothing(
    team: Team, first: Run
) -> None:
    if team.yard is None:
        pytest.skip(WHY or "no index")
    (instance,) = first["image"].instances
    assert instance.permissions == {"attestations": "write", "id-token": "write", "packages": "write"}
    assert (instance.environment, [step.secrets for step in instance.steps]) == ("mlops-main", [()] * 3)
    (attested, *_) = team.api.attested
    assert instance.step("Build and push").summary.startswith(f"`{attested}` is churn's bundle `sha256:")


def test_the_container_of_staging_answers_with_what_was_released_there(team: Team, released: Run) -> None:
    assert released.results["reconcile-staging"] == "success", released.log
    assert answering(team, "staging") == team.api.attested[0].partition("@")[2]


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
    assert run.results == team.registered, run.log
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
    assert second.results == team.registered, second.log
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


def test_production_follows_and_goes_back_and_each_container_is_the_one_that_was_built(
    team: Team, released: Run
) -> None:
    """After the rollback that was proposed: staging is merged back, and production is released and asked, too."""
    assert released.results["reconcile-staging"] == "success", released.log
    second = answering(team, "staging")
    plays.say(team.work, "release", "churn", "--env", "prod")
    commit(team.work, "The second one, in production")
    git(team.work, "push", "-q", "--force", "origin", "HEAD:refs/heads/production")
    moved = team.play(team.origin.merge("production"), "release")
    assert moved is not None
    assert moved.results["reconcile-prod"] == "success", moved.log
    team.pull()
    assert answering(team, "prod") == second
    back = team.play(team.origin.merge(team.api.pulls[-1]["head"]["ref"]), "release")
    assert back is not None
    assert back.results["reconcile-staging"] == "success", back.log
    team.pull()
    assert answering(team, "staging") == team.api.attested[0].partition("@")[2] != second
