"""One digest of content: a real small pipeline under other rules, owners and texts, stage by stage."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mlops.bundle.contents import verify
from mlops.bundle.papers import Papers
from mlops.operations.workspace import open_workspace
from mlops.plan.pipeline import PipelinePlan
from tests.builders.repositories import edit
from tests.builders.series import compiled, daily, project, run, weekly_pattern

pytestmark = pytest.mark.slow

FILE = "conf/pipeline/demand.yaml"
FORECAST = "{horizon: 7, season: 7, lags: [14, 21, 28], windows: [28], backtest: 0}"


@pytest.fixture(scope="module")
def demand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a pipeline that ran once and passed."""
    root = tmp_path_factory.mktemp("planning")
    folder = project(root, daily(weekly_pattern(1_000)), FORECAST)
    edit(root, FILE, "features: {datetime", BOUND)
    return run(compiled(folder))


BOUND = "gates: [{metric: r2, at_least: 0.1}]\nfeatures: {datetime"


def plan_of(folder: Path) -> PipelinePlan:
    return open_workspace(folder.parent.parent).pipeline("demand")


def sections(folder: Path) -> dict[str, Any]:
    return {stage.name: (stage.section, stage.inputs) for stage in plan_of(folder).stages}


def changed(folder: Path, before: str, after: str) -> set[str]:
    """Edit the YAML, compile, and name the stages whose parameters differ."""
    earlier = sections(folder)
    edit(folder.parent.parent, FILE, before, after)
    compiled(folder)
    now = sections(folder)
    return {name for name in now if now[name] != earlier[name]}


def papers(folder: Path) -> Papers:
    return Papers.read(folder / "reports", verify(folder / "artifacts/bundle"))


def test_two_gates_judge_one_bundle(demand: Path) -> None:
    before = papers(demand)
    assert changed(demand, "at_least: 0.1", "at_least: 0.2") == {"gate", "package"}
    run(demand, "gate", "package")
    after = papers(demand)
    assert after.bundle == before.bundle
    assert after.statement is not None
    assert before.statement is not None
    assert after.statement.name != before.statement.name
    run(demand)
    assert papers(demand).statement == after.statement, "the same input, the same bytes"


@pytest.mark.parametrize(
    ("before", "after", "stages"),
    [
        ('owners: ["@planning"]', 'owners: ["@others"]', ("gate", "package")),  # the report tells it
        ("How much will be asked for?", "How much is asked for?", ("gate", "package")),
        ("risk: minimal\n", "risk: minimal\ncard: {license: MIT}\n", ("package",)),
    ],
    ids=["owners", "description", "card"],
)
def test_who_owns_it_and_what_is_written_about_it_is_no_content(
    demand: Path, before: str, after: str, stages: tuple[str, ...]
) -> None:
    known = papers(demand)
    assert changed(demand, before, after) == set(stages)
    run(demand, *stages)
    now = papers(demand)
    assert (now.bundle, now.files["gate.json"]) == (known.bundle, known.files["gate.json"])
    assert now.files["card.md"] != known.files["card.md"]


def test_every_word_about_the_bundle_names_it(demand: Path) -> None:
    digest = papers(demand).bundle
    for report in ("bundle", "gate", "metrics"):
        said = json.loads((demand / f"reports/{report}.json").read_bytes())
        assert digest == said["digest" if report == "bundle" else "bundle"]
    assert digest in (demand / "reports/card.md").read_text()
