"""The stage `tune` is there where it is asked for, and reads rows of training and validation alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from mlops.compiler.files import render
from mlops.operations.language.readers import readers
from mlops.operations.planning.plan import plan
from mlops.operations.planning.searched import trials
from mlops.operations.workspace import Workspace, open_workspace
from mlops.present.terminal.plan import text
from mlops.stages.declare.order import STAGES
from tests.builders.repositories import make_repository

TUNE = "\ntune: {trials: 5, space: {mlp: default, linear: {l2: {low: 0.1, high: 10.0, log: true}}}}\n"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    root = make_repository(tmp_path_factory.mktemp("tuned"))
    file = root / "conf/pipeline/churn.yaml"
    file.write_text(file.read_text() + TUNE)
    return open_workspace(root)


def test_it_stands_before_training_and_without_the_key_there_is_none(workspace: Workspace, tmp_path: Path) -> None:
    names = [stage.name for stage in workspace.pipeline("churn").stages]
    assert names[names.index("features") : names.index("train") + 1] == ["features", "tune", "train"]
    plain = open_workspace(make_repository(tmp_path / "plain")).pipeline("churn")
    assert "tune" not in {stage.name for stage in plain.stages}
    assert "tuned" not in plain.stage("train").section
    assert "reports/tuning.json" not in plain.stage("train").inputs


def test_its_inputs_are_what_features_left_and_its_output_is_not_taken_away(workspace: Workspace) -> None:
    written = render(workspace.plan)["pipelines/churn/dvc.yaml"]
    stages = YAML(typ="safe").load(written)["stages"]
    assert stages["tune"]["deps"] == ["artifacts/features"]
    assert stages["tune"]["outs"] == [{"reports/tuning.json": {"cache": False, "persist": True}}]
    assert "reports/tuning.json" in stages["train"]["deps"]
    assert "reports/tuning.json" in stages["gate"]["deps"]


def test_its_section_has_spaces_and_trials_as_they_are_searched(workspace: Workspace) -> None:
    section = workspace.pipeline("churn").stage("tune").section
    assert section["trials"] == {"linear": 3, "mlp": 2}
    assert section["space"]["linear"] == {"l2": {"low": 0.1, "high": 10.0, "log": True}}
    assert section["space"]["mlp"].keys() == {"dropout", "hidden", "lr", "weight_decay"}
    assert section["candidates"].keys() == {"linear", "mlp"}
    assert workspace.pipeline("churn").stage("train").section["tuned"] is True


@pytest.mark.parametrize("key", ["trials", "minutes", "sampler", "pruner", "parallel", "when"])
def test_how_a_search_is_made_is_read_by_the_search_alone(key: str) -> None:
    assert readers(("tune", key)) == ("tune",)


def test_the_block_itself_is_read_by_whoever_goes_by_what_was_found() -> None:
    assert readers(("tune",)) == ("tune", "train", "gate")
    assert STAGES.index("tune") == STAGES.index("train") - 1


def test_a_plan_counts_the_trials_of_a_search_that_is_made(workspace: Workspace) -> None:
    stage, folder = workspace.pipeline("churn").stage("tune"), workspace.root / "pipelines/churn"
    assert trials(stage, folder) == ("5 trials",)
    assert "never ran; 5 trials" in text(plan(workspace))
    (folder / "reports").mkdir()
    (folder / "reports/tuning.json").write_text("{}")
    assert trials(stage, folder) == ()
    assert trials(replace(stage, section={**stage.section, "when": "data"}), folder) == ("5 trials",)
    assert trials(workspace.pipeline("churn").stage("train"), folder) == ()
