"""The one required check, over every combination of results before it.

GitHub lets a pull request through where a required check says success, neutral or skipped: a verdict that is skipped
because something failed before it is a green one. So it must always run, and say success for one combination only.
"""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import pytest

from tests.runner.engine import Engine
from tests.runner.event import pull_request
from tests.runner.origin import Origin
from tests.runner.result import JobRun
from tests.runner.run import Runner
from tests.runner.workflow import Workflow

pytestmark = pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed; GitHub's runners have it")

RESULTS = ("success", "failure", "cancelled", "skipped")
EVENT = pull_request(7, "a" * 40, "b" * 40, "c" * 40)
# what the job that finds the affected pipelines says of them; nothing where it stopped too early
AFFECTED = {
    "one": {"pipelines": '["churn"]', "count": "1", "batches": '[{"name": "churn", "pipelines": "churn"}]'},
    "none": {"pipelines": "[]", "count": "0", "batches": "[]"},
    "unknown": {},
}
OPEN = ("success", "skipped")  # what lets a pull request through

Table = dict[tuple[str, ...], str]


@pytest.fixture(scope="module")
def text(repository: Path) -> str:
    return (repository / ".github" / "workflows" / "mlops-pr.yml").read_text()


def judged(engine: Engine, folder: Path, text: str, pipelines: str) -> tuple[tuple[str, ...], Table]:
    """Run the verdict after every combination of results of the jobs it needs."""
    workflow = engine.parse("mlops-pr.yml", text)
    needs = workflow.job("verdict").needs
    runner = Runner(engine, Origin(folder), folder)
    combinations = itertools.product(RESULTS, repeat=len(needs))
    table = {results: _verdict(runner, workflow, dict(zip(needs, results, strict=True)), pipelines)
             for results in combinations}  # fmt: skip
    return needs, table


def _verdict(runner: Runner, workflow: Workflow, results: dict[str, str], pipelines: str) -> str:
    run = runner.begin()
    for job in workflow.jobs:
        if job.identity != "verdict":
            # a job that did not succeed may still have said something before it stopped
            outputs = AFFECTED[pipelines] if job.identity == "affected" else {}
            run.jobs[job.identity] = JobRun(results.get(job.identity, "success"), outputs=outputs)
    return runner.job(workflow, workflow.job("verdict"), EVENT, run).result


@pytest.mark.slow
@pytest.mark.parametrize("pipelines", AFFECTED)
def test_only_every_expected_job_succeeding_lets_a_pull_request_through(
    engine: Engine, tmp_path: Path, text: str, pipelines: str
) -> None:
    needs, table = judged(engine, tmp_path, text, pipelines)
    assert {"check", "affected", "pipeline"} <= set(needs)
    assert len(table) == 4 ** len(needs)
    expected = tuple("skipped" if (need, pipelines) == ("pipeline", "none") else "success" for need in needs)
    assert [results for results, verdict in table.items() if verdict in OPEN] == [expected]
    assert table[expected] == "success"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("    if: always()\n", ""),
        ("    if: always()\n", "    if: success()\n"),
        ("    if: always()\n", "    if: ${{ !failure() }}\n"),
        ('.["check"].result == "success"', "true"),
        ('.["pipeline"].result == (if', '.["pipeline"].result != (if false and'),
    ],
)
def test_a_verdict_that_can_be_passed_by_is_found(
    engine: Engine, tmp_path: Path, text: str, before: str, after: str
) -> None:
    assert before in text
    _, table = judged(engine, tmp_path, text.replace(before, after), "one")
    assert len([results for results, verdict in table.items() if verdict in OPEN]) > 1


def test_the_verdict_expects_every_job_that_judges(engine: Engine, text: str) -> None:
    workflow = engine.parse("mlops-pr.yml", text)
    before = workflow.ancestors(workflow.job("verdict"))
    reporting = {job.identity for job in workflow.jobs if "write" in (job.body.get("permissions") or {}).values()}
    keeping = {"judged"}  # it writes down what the others told; a merge does not wait for it
    assert {job.identity for job in workflow.jobs} - before - reporting - keeping == {"verdict"}
