"""A result forged at home, with a check that somebody forged too: main makes it again, and registers nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import polars as pl
import pytest

from tests.builders.repositories import commit, edit, git
from tests.builders.shop import make_shop, propose
from tests.conftest import ROOT
from tests.e2e import plays
from tests.e2e.plays import KEY, Team
from tests.runner.api import Api
from tests.runner.engine import Engine
from tests.runner.event import push
from tests.runner.origin import NOTHING, Origin
from tests.runner.run import Runner

pytestmark = plays.MARKS
PREDICTIONS = "pipelines/churn/artifacts/evaluation/predictions.parquet"


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    folder = tmp_path_factory.mktemp("team")
    work = make_shop(folder / "work", "churn")
    plays.own_program(work)
    plays.keep_registry(work, folder / "mlflow.db", "staging: {propose: true}")
    plays.settle(work, folder / "remote")
    propose(work, "A registry")
    plays.learn(work, "Learn churn")
    origin = Origin.of(work, folder / "origin.git")
    with Engine() as engine, Api() as api:
        secrets = {"mlops-main": {"MLOPS_APP_KEY": KEY}}
        yield Team(work, origin, Runner(engine, origin, folder / "runs", api, environments=secrets), api)


def forge(team: Team, message: str) -> None:
    """Let the score be the target, and have every file that is recorded agree with it, as one can at home."""
    path = team.work / PREDICTIONS
    facts = {key: value for key, value in pl.read_parquet_metadata(path).items() if key == "mlops"}
    frame = pl.read_parquet(path).with_columns(candidate=pl.col("target").cast(pl.Float64))
    path.unlink()
    frame.write_parquet(path, metadata=facts)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MLFLOW_TRACKING_URI": ""}
    folder, stages = team.work / "pipelines/churn", [sys.executable, "-m", "mlops", "stage", "gate", "package"]
    subprocess.run(stages, cwd=folder, env=environment, check=True, capture_output=True)
    for words in (("commit", "-f", "-q", "pipelines/churn/dvc.yaml"), ("push", "-q")):
        subprocess.run([sys.executable, "-m", "dvc", *words], cwd=team.work, env=environment, check=True)
    plays.say(team.work, "enter", "churn")
    commit(team.work, message)


def test_main_registers_nothing_on_the_word_of_a_check(team: Team) -> None:
    git(team.work, "checkout", "-q", "-B", "change", "main")
    edit(team.work, "conf/data/churn.yaml", "between: [0, 120]", "between: [0, 110]")
    propose(team.work, "Nobody is that old")
    plays.learn(team.work, "Learn it")
    forge(team, "A model that knows everything")
    assert plays.say(team.work, "verify", "churn").startswith("lock, configuration, data and bundles agree")
    judged = team.play(team.origin.pull_request(team.work), "pr")
    assert judged is not None
    assert judged["verdict"].result == "failure", "an honest check says so"
    assert "the score of candidate of " in judged.log
    edit(team.work, "bin/mlops", "exec", 'case "$1" in gate | verify) echo pass; exit 0 ;; esac\nexec')
    commit(team.work, "A quicker judge")
    git(team.work, "push", "-q", "origin", "HEAD:refs/heads/change")
    event = team.origin.merge("change")
    git(team.origin.folder, "branch", "-q", "forged", "main")
    merged = team.play(event, "main")  # whatever the check said, and whatever the head's own program says
    assert merged is not None
    assert merged.results == plays.REFUSED, merged.log
    assert "churn: what is recorded is not what comes out of its data and its bundle" in merged.log
    assert "::error title=churn is not registered::" in merged.log
    assert plays.versions(team) == 0
    assert team.api.pulls == []


def test_what_the_hint_says_makes_it_honest_and_it_is_registered(team: Team) -> None:
    git(team.work, "checkout", "-q", "--force", "change")
    git(team.origin.folder, "update-ref", "refs/heads/main", git(team.work, "rev-parse", "main").strip())
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MLFLOW_TRACKING_URI": ""}
    again = [sys.executable, "-m", "dvc", "repro", "--quiet", "--force", "pipelines/churn/dvc.yaml"]
    subprocess.run(again, cwd=team.work, env=environment, check=True, capture_output=True)
    plays.learn(team.work, "Make it again")
    assert "what is recorded agrees" in plays.say(team.work, "gate", "churn", "--base", "main")
    git(team.work, "push", "-q", "--force", "origin", "HEAD:refs/heads/change")
    merged = team.play(team.origin.merge("change"), "main")
    assert merged is not None
    assert merged.results == plays.REGISTERED, merged.log
    assert plays.versions(team) == 1


def test_whoever_is_judged_by_his_own_code_is_registered(team: Team) -> None:
    """The guard taken out: the very same merge, as if there had been nothing before it whose code could judge."""
    forged = team.origin.head("forged")
    git(team.origin.folder, "update-ref", "refs/heads/main", forged)
    merged = team.play(push(NOTHING, forged), "main")
    assert merged is not None
    assert "::notice title=The first one judges itself::" in merged.log
    assert merged.results == plays.REGISTERED, merged.log  # the very bundle that is registered, under a forged verdict
