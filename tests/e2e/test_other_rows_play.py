"""A pull request that divides rows otherwise and brings the bundle of it: its jobs, executed, down to the verdict."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from tests.builders.other_framework import SPLITS, OtherFramework, bring_the_program
from tests.builders.repositories import commit, git
from tests.builders.shop import make_shop
from tests.e2e import plays
from tests.e2e.plays import Team
from tests.runner.api import Api
from tests.runner.engine import Engine
from tests.runner.origin import Origin
from tests.runner.run import Runner

pytestmark = plays.MARKS
OWN = '''\
"""Runs where it is imported, and says so."""


Path(__file__).with_name("ran").touch()
'''


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    folder = tmp_path_factory.mktemp("team")
    work = make_shop(folder / "work", "churn")
    plays.settle(work, folder / "remote")
    bring_the_program(work)
    commit(work, "The program, and a remote")
    origin = Origin.of(work, folder / "origin.git")
    with Engine() as engine, Api() as api:
        yield Team(work, origin, Runner(engine, origin, folder / "runs", api), api)


def test_it_is_judged_on_rows_that_a_job_without_own_code_made_too(team: Team) -> None:
    git(team.work, "checkout", "-q", "-B", "change", "main")
    other = OtherFramework.install(team.work)
    other.divides_otherwise()
    for words in (("compile",), ("run", "churn")):
        done = other.mlops(*words)
        assert done.returncode == 0, done.stderr
    subprocess.run([team.work / ".venv/bin/dvc", "push", "-q"], cwd=team.work, check=True, capture_output=True)
    (team.work / "sitecustomize.py").write_text(OWN)
    commit(team.work, "Divide otherwise")
    run = team.play(team.origin.pull_request(team.work), "pr")
    assert run is not None
    assert run.results == dict.fromkeys(run.results, "success"), run.log
    assert (
        f"churn: rows made by the code of the change (framework-change): look at {SPLITS}"
        in run["judge"].instances[0].log
    )
    assert f"**framework-change**: its rows are made by the code of the change: look at {SPLITS}" in run.summary
    kept = [path.name for path in (run.artifacts / "rows-churn").rglob("*") if path.is_file()]
    assert kept == ["rows.json"]
    (place,) = [instance.workspace for instance in run["framework"].instances]
    assert not (place / "ran").exists()
    assert not (place / "sitecustomize.py").exists()
    assert list(place.glob("pipelines/**/*.py")) == []
    assert team.api.comments
    assert "<br>framework-change |" in team.api.comments[-1]["body"]
