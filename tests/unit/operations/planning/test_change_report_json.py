"""A saved plan is run exactly as it was looked at, or refused with what moved."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.cli.main import run
from mlops.documents.change_report import (
    Cost,
    GateChange,
    KeyChange,
    MadeOf,
    PipelineChange,
    Planned,
    StagePlan,
)
from mlops.errors import ConfigurationError, StaleError
from mlops.operations.planning.change_report_json import decode, encode
from mlops.operations.planning.plan import plan
from mlops.operations.running.run_saved import apply, prepare
from mlops.operations.verdicts.gate import Verdict
from mlops.operations.workspace import Workspace, open_workspace
from tests.builders.repositories import commit, edit, git, make_repository, record

pytestmark = pytest.mark.slow

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SCALARS = st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | TEXT
PARTS = st.builds(
    PipelineChange,
    name=TEXT,
    keys=st.lists(st.builds(KeyChange, TEXT, SCALARS, st.lists(SCALARS, max_size=2), TEXT), max_size=2).map(tuple),
    stages=st.lists(st.builds(StagePlan, TEXT, st.booleans(), st.tuples(TEXT), st.tuples()), max_size=3).map(tuple),
    gates=st.builds(GateChange, st.integers(0, 9), st.booleans(), st.tuples(TEXT)),
    cost=st.builds(Cost, st.none() | st.floats(0, 9), st.none() | st.floats(0, 9), st.tuples(TEXT)),
    made_of=st.none() | st.builds(MadeOf, TEXT, st.none() | TEXT, st.dictionaries(TEXT, TEXT, max_size=2)),
)
PLANS = st.builds(
    Planned, st.none() | TEXT, st.lists(PARTS, max_size=3).map(tuple), reference=st.none() | TEXT, tool=TEXT
)


@given(PLANS)
def test_a_plan_survives_its_json(planned: Planned) -> None:
    assert decode(json.dumps(encode(planned)).encode(), "plan.json") == planned


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = make_repository(tmp_path)
    record(root)
    commit(root)
    edit(root, "conf/pipeline/churn.yaml", "at_least: 0.7", "at_least: 0.72")
    return root


def saved(root: Path, base: str | None = None) -> Planned:
    return decode(json.dumps(encode(plan(open_workspace(root), base))).encode(), "plan.json")


def refused(root: Path, planned: Planned) -> str:
    with pytest.raises(StaleError) as raised:
        prepare(open_workspace(root), planned, "churn")
    assert raised.value.hint == "look again: mlops plan -o json > plan.json"
    return raised.value.message.removeprefix("churn: the plan is stale\n  ")


@pytest.mark.parametrize("base", [None, "HEAD"])
def test_a_plan_of_what_is_here_stands(root: Path, base: str | None) -> None:
    assert prepare(open_workspace(root), saved(root, base), "churn").affected


def test_each_thing_a_plan_is_made_of_is_named_when_it_moves(root: Path) -> None:
    planned = saved(root, "HEAD")
    for file, before, after, said in MOVES:
        text = (root / file).read_text()
        edit(root, file, before, after)
        assert refused(root, planned) == said
        (root / file).write_text(text)
    release = root / "conf/release/prod/churn.yaml"
    release.parent.mkdir(parents=True)
    release.write_text(f"bundle: sha256:{'a' * 64}\n")
    assert refused(root, planned) == "the live model is sha256:aaaaaaaaaaaa, it was none"
    release.unlink()
    older = Planned(**{**planned.__dict__, "tool": "0.0.9"})
    assert refused(root, older).endswith("the plan was made by 0.0.9")
    assert prepare(open_workspace(root), planned, "churn").affected


MOVES = [
    ("conf/pipeline/churn.yaml", "0.72", "0.71", "what the YAML compiles to is something else now"),
    ("conf/policy.yaml", "owners: 2", "owners: 3", "conf/policy.yaml says something else now"),
    ("pipelines/churn/data/churn.csv", "31", "32", "pipelines/churn/data/churn.csv changed"),
]


def test_a_base_that_moved_elsewhere_blocks_nobody_and_one_that_moved_here_does(root: Path) -> None:
    planned = saved(root, "main")
    git(root, "stash", "-q")
    (root / "README.md").write_text("another matter\n")
    commit(root)
    git(root, "stash", "pop", "-q")
    assert prepare(open_workspace(root), planned, "churn").affected
    git(root, "stash", "-q")
    edit(root, "pipelines/churn/dvc.yaml", "stages:", "stages:  # theirs")
    moved = commit(root)
    git(root, "stash", "pop", "-q")
    assert refused(root, planned) == (
        f"main moved from {(planned.base or '')[:8]} to {moved[:8]}, and pipelines/churn/dvc.yaml with it"
    )


def test_a_stage_the_plan_does_not_run_is_not_run(root: Path) -> None:
    planned = saved(root)
    (root / "pipelines/churn/artifacts/raw.parquet").unlink()
    assert refused(root, planned).startswith("it does not run ingest, validate")


def test_a_pipeline_with_nothing_to_run_stays_so(root: Path) -> None:
    edit(root, "conf/pipeline/churn.yaml", "0.72", "0.7")
    planned = saved(root, "HEAD")
    assert not prepare(open_workspace(root), planned, "churn").affected
    edit(root, "conf/pipeline/churn.yaml", "0.7", "0.71")
    assert refused(root, planned) == "it does not run gate, package, which would run now"


def test_rules_that_change_while_it_runs_void_the_verdict(root: Path, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(encode(plan(open_workspace(root), "HEAD"))))
    passed = Verdict("churn", "pass", (), None)

    def meddling(here: Workspace, _: str) -> Verdict:
        edit(here.root, "conf/policy.yaml", "owners: 2", "owners: 1")
        return passed

    assert apply(root, "churn", file, lambda *_: passed) == passed
    with pytest.raises(StaleError, match=r"conf/policy\.yaml says something else now"):
        apply(root, "churn", file, meddling)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda value: value | {"schema_version": 2}, "a plan of schema version 2, this mlops reads 1"),
        (lambda value: value | {"extra": 1}, "extra: unknown key"),
        (lambda value: value | {"affected": []}, "what it counts is not what it holds"),
        (lambda value: {"pipelines": []}, "no saved plan"),
        (lambda value: [], "no saved plan"),
        (
            lambda value: value | {"pipelines": [{**value["pipelines"][0], "force": True}]},
            "pipelines.0.force: unknown key",
        ),
        (lambda value: value | {"tool": 3}, "tool: Input should be a valid string"),
    ],
)
def test_what_is_no_plan_of_ours_is_refused(root: Path, change: Callable[[Any], Any], said: str) -> None:
    value = change(json.loads(json.dumps(encode(plan(open_workspace(root))))))
    with pytest.raises(ConfigurationError) as raised:
        decode(json.dumps(value).encode(), "plan.json")
    assert raised.value.message == f"plan.json: {said}"


def test_a_plan_of_a_newer_release_asks_for_that_release(root: Path) -> None:
    value = encode(plan(open_workspace(root)))
    assert decode(json.dumps(value).encode(), "plan.json").tool
    with pytest.raises(ConfigurationError) as raised:
        decode(json.dumps(value | {"schema_version": 2}).encode(), "plan.json")
    assert raised.value.message == "plan.json: a plan of schema version 2, this mlops reads 1"
    assert raised.value.hint == "a newer mlops wrote it: mlops upgrade moves this repository to that release"


def test_the_command_line_refuses_a_stale_plan_with_3_and_runs_nothing(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(root)
    assert run(["plan", "--base", "HEAD", "-o", "json"]) == 0
    (root / "plan.json").write_text(capsys.readouterr().out)
    edit(root, "conf/policy.yaml", "owners: 2", "owners: 3")
    lock = (root / "pipelines/churn/dvc.lock").read_bytes()
    assert run(["run", "churn", "--plan", "plan.json"]) == 3
    assert "conf/policy.yaml says something else now" in capsys.readouterr().err
    assert (root / "pipelines/churn/dvc.lock").read_bytes() == lock
    assert run(["run", "churn", "--plan", "nowhere.json"]) == 4
