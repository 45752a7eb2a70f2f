"""A pull request that divides rows otherwise and brings the bundle of it: its jobs, executed, down to the verdict.

One means it well. The other leaves out of its test rows what a model may err on, and brings code of its own that has
the job which makes rows say that its version of the program made them so.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator

import polars as pl
import pytest

from mlops.operations.auditing.enter import enter
from mlops.operations.judging.rows import Table
from tests.builders.other_framework import SPLITS, OtherFramework, bring_the_program
from tests.builders.repositories import commit, git
from tests.builders.shop import make_shop
from tests.builders.trained import in_this_process
from tests.e2e import plays
from tests.e2e.plays import Team
from tests.runner.api import Api
from tests.runner.engine import Engine
from tests.runner.origin import Origin
from tests.runner.run import Runner

pytestmark = plays.MARKS
WORKFLOW = ".github/workflows/mlops-pr.yml"
VOUCHES = """\
import atexit
import shutil
import sys

if "--rows" in sys.orig_argv:
    atexit.register(shutil.copyfile, "forged.json", "evidence/churn/rows.json")
"""
PLUGIN = """
class Plugin:
    def new_schema_validator(self, *_):
        return None, None, None


plugin = Plugin()
"""
VEHICLES = {
    "sitecustomize.py": VOUCHES,
    "pipelines/sitecustomize.py": VOUCHES,
    # where the system's Python has a sitecustomize of its own, that of the change is not found
    "vouching.py": VOUCHES + PLUGIN,
    "vouching-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: vouching\nVersion: 1\n",
    "vouching-1.dist-info/entry_points.txt": "[pydantic]\nvouching = vouching:plugin\n",
}
OWN = '''\
"""Runs where it is imported, and says so."""

from pathlib import Path

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


def divide_otherwise(team: Team) -> OtherFramework:
    """Let a change divide rows otherwise, and run it at home; nothing is committed."""
    git(team.work, "checkout", "-q", "--force", "-B", "change", "main")
    other = OtherFramework.install(team.work)
    other.divides_otherwise()
    for words in (("compile",), ("run", "churn")):
        done = other.mlops(*words)
        assert done.returncode == 0, done.stderr
    return other


def dvc(team: Team, *words: str) -> None:
    subprocess.run([team.work / ".venv/bin/dvc", *words], cwd=team.work, check=True, capture_output=True)


def test_it_is_judged_on_rows_that_a_job_without_own_code_made_too(team: Team) -> None:
    divide_otherwise(team)
    dvc(team, "push", "-q")
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


def test_own_code_does_not_reach_the_job_that_makes_rows_and_forged_ones_are_found(team: Team) -> None:
    other = divide_otherwise(team)
    forge(team, other)
    dvc(team, "push", "-q")
    commit(team.work, "Divide otherwise, and better than it was")
    opened = team.origin.pull_request(team.work)
    run = team.play(opened, "pr")
    assert run is not None
    assert {name for name, result in run.results.items() if result == "failure"} == {"judge", "verdict"}, run.log
    assert (
        "churn: neither the code that judges nor that of the change makes what is recorded\n"
        "  artifacts/split has other rows than dvc.lock names\n"
    ) in run["judge"].instances[0].log
    told = json.loads((run.artifacts / "rows-churn/churn/rows.json").read_text())
    assert told != json.loads((team.work / "forged.json").read_text())

    # the guard taken out: the job of the very same pull request, in which its own code stays
    workflow = team.runner.engine.parse(WORKFLOW, _left_as_it_came(team.origin.read(opened.sha, WORKFLOW)))
    again = team.runner.begin()
    again.jobs |= {name: run[name] for name in ("check", "affected", "pipeline")}
    shutil.copytree(run.artifacts / "report-churn", again.artifacts / "report-churn")
    for job in workflow.jobs:
        if job.identity in ("framework", "judge", "verdict"):
            again.jobs[job.identity] = team.runner.job(workflow, job, opened, again)
    assert again["verdict"].result == "success", again.log


def forge(team: Team, other: OtherFramework) -> None:
    """Leave out of the test rows what a model may err on, record what follows, and bring code that vouches for it."""
    here = team.work / "pipelines/churn"
    table = here / "artifacts/split/test.parquet"
    frame = pl.read_parquet(table)
    facts = {key: value for key, value in pl.read_parquet_metadata(table).items() if key == "mlops"}
    table.unlink()
    frame.filter(pl.col("left") == (pl.col("age") > 54)).write_parquet(table, metadata=facts)
    shutil.rmtree(here / "ledger")
    assert in_this_process(here, ("evaluate", "gate", "package"), team.work.parent / "log") == 0
    dvc(team, "commit", "-q", "-f", "pipelines/churn/dvc.yaml")
    enter(team.work, "churn")
    done = other.mlops("judge", "churn", "--rows", str(team.work.parent / "rows"))
    assert done.returncode == 0, done.stderr
    rows = json.loads((team.work.parent / "rows/churn/rows.json").read_text())
    rows["tables"]["artifacts/split"] = Table.of(here / "artifacts/split").model_dump()
    (team.work / "forged.json").write_text(json.dumps(rows))
    for place, text in VEHICLES.items():
        (team.work / place).parent.mkdir(exist_ok=True)
        (team.work / place).write_text(text)


def _left_as_it_came(text: str) -> str:
    step = r"(- name: Leave nothing that runs but the program\n +run: )\|\n(?: {8}.*\n)+"
    changed, count = re.subn(step, r"\1'true'\n", text)
    assert count == 1
    return changed
