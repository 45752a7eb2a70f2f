"""A law of all compiled workflows: what runs a pipeline's own code holds nothing; what holds something runs none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.builders.workflows import CLOUDS, jobs, project, workflows
from tests.conftest import ROOT

pytestmark = pytest.mark.slow

_RUNS = re.compile(r"bin/mlops (?:run|stage)\b|bin/dvc (?:repro|exp run)\b|\bmake (?:test|check|demo)\b|\bpytest\b")
_MEASURES = re.compile(
    r"bin/mlops gate\b.*--base|bin/mlops judge\b(?!.*--(?:help|place|fetch|rows))"
)  # its own metrics, as the base has them
_READER = '--env "$READER"'

EXCEPTIONS = {
    "main/register": "judges with own metrics as the base has them: code that was merged, and judged, before",
}
SECRETS = {"MLFLOW_TRACKING_TOKEN": "tracking"}
KINDS: list[dict[str, Any]] = [
    {},
    {"install": "make"},
    {"install": "make", "reader": {"cloud": CLOUDS["gcp"]}},
    {"app": {"id": "Iv1"}},
    {"secrets": SECRETS},
    {"reader": {"cloud": CLOUDS["aws"]}},
    {"reader": {"cloud": CLOUDS["gcp"]}, "app": {"id": "Iv1"}, "secrets": SECRETS, "signing": "keyless"},
    {"writer": CLOUDS["gcp"], "signing": {"key": "SIGNING_KEY"}},
    {"public": True, "reader": {"cloud": CLOUDS["azure"]}},
]


def golden() -> dict[str, str]:
    """Read every workflow of every golden, and of this repository."""
    places = (*(ROOT / "tests/golden/ok").glob("*/out"), ROOT)
    return {str(path): path.read_text() for place in places for path in place.glob(".github/workflows/mlops-*.yml")}


def every() -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the jobs of all of them, and of every kind of settings."""
    for path, text in golden().items():
        yield from jobs({path: text}).items()
    for cloud in CLOUDS:
        for kind in KINDS:
            yield from jobs(workflows(project(cloud, **kind))).items()


def own(job: dict[str, Any]) -> list[str]:
    """Name the steps that run a pipeline's own code."""
    scripts = ((step["name"], step.get("run", "")) for step in job["steps"])
    return [name for name, script in scripts if _RUNS.search(script) or _MEASURES.search(script)]


def held(job: dict[str, Any]) -> list[str]:
    """Name what a job holds that its steps could reach: secrets, scopes to write, an identity but the reader's."""
    found = sorted(set(re.findall(r"secrets\.\w+", str(job))))
    scopes = [scope for scope, level in job["permissions"].items() if level == "write"]
    signs = [line for step in job["steps"] for line in step.get("run", "").splitlines() if "mlops identity" in line]
    if signs and all(_READER in line for line in signs):
        scopes.remove("id-token")
    return [*found, *scopes]


def test_what_runs_own_code_holds_nothing_and_what_holds_something_runs_none() -> None:
    seen, ran, privileged = set(), set(), set()
    for name, job in every():
        seen.add(name)
        if own(job):
            ran.add(name)
        if held(job):
            privileged.add(name)
        if name not in EXCEPTIONS:
            assert not (own(job) and held(job)), f"{name}: {own(job)} beside {held(job)}"
    assert {"pr/pipeline", "main/make"} <= ran
    assert "pr/framework" in seen - ran - privileged
    assert {"main/take", "main/register", "release/reconcile-prod", "rollback/rollback"} <= privileged
    assert seen >= EXCEPTIONS.keys() & ran, "an exception that is none any more is to go"
    assert EXCEPTIONS.keys() <= ran & privileged


def test_the_exceptions_measure_and_make_nothing() -> None:
    for name, job in every():
        if name in EXCEPTIONS:
            scripts = [step.get("run", "") for step in job["steps"]]
            assert not [script for script in scripts if _RUNS.search(script)], name


@pytest.mark.parametrize("name", ["main/register", "main/take", "release/reconcile-prod", "retrain/retrain"])
@pytest.mark.parametrize("script", ['mlops run "$name"', "dvc repro", "mlops stage train", "mlops gate churn --base x"])
def test_a_step_that_ran_own_code_there_would_be_found(name: str, script: str) -> None:
    job = jobs(workflows(project("aws")))[name]
    job["steps"].append({"name": "Planted", "run": f".venv/bin/{script}\n"})
    assert "Planted" in own(job)
    assert held(job)


@pytest.mark.parametrize(
    ("harm", "found"),
    [
        ({"permissions": {"contents": "write"}}, ["contents"]),
        ({"permissions": {"id-token": "write"}}, ["id-token"]),
        ({"env": {"KEY": "${{ secrets.KEY }}"}}, ["secrets.KEY"]),
    ],
)
def test_what_the_job_that_makes_would_hold_is_found(harm: dict[str, Any], found: list[str]) -> None:
    job = jobs(workflows(project()))["main/make"]
    assert held(job) == []
    assert held(job | harm) == found


def test_a_job_that_signs_in_as_somebody_else_beside_the_reader_is_found() -> None:
    job = jobs(workflows(project("aws", reader={"cloud": CLOUDS["aws"]})))["main/make"]
    assert held(job) == []
    job["steps"].append({"name": "Planted", "run": '.venv/bin/mlops identity --into "$IDENTITY"\n'})
    assert held(job) == ["id-token"]
