"""What the compiler writes for a stage is what the stage reads: the committed pipelines, section by section."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

from mlops.files.plain_yaml import parse
from mlops.operations.workspace import Workspace, open_workspace
from mlops.plan.pipeline import PipelinePlan

STAGES = ("ingest", "validate", "split", "features", "train", "bundle", "evaluate", "gate", "package")


def reader(stage: str) -> Any:
    """Find what a stage parses its section with."""
    return importlib.import_module(f"mlops.stages.{stage}").Params


@pytest.fixture(scope="module")
def workspace(repository: Path) -> Workspace:
    found = open_workspace(repository)
    assert found.plan.pipelines, "nothing to look at"
    return found


@pytest.mark.parametrize("stage", STAGES)
def test_every_section_is_what_the_stage_reads(workspace: Workspace, stage: str) -> None:
    params = reader(stage)
    for pipeline in workspace.plan.pipelines:
        section = {key: item for key, item in pipeline.stage(stage).section.items() if key not in ("code", "libraries")}
        read = params.model_validate(section)
        assert set(section) <= set(type(read).model_fields), "a key that the stage does not know"


def test_what_is_examined_is_what_the_stages_read(repository: Path) -> None:
    folder = repository / "tests/golden/ok/examined/out/pipelines/churn"
    sections = parse((folder / "params.yaml").read_bytes(), "params.yaml")
    read = {stage: reader(stage) for stage in (*STAGES, "measure")}
    values = {stage: params.model_validate(sections[stage]) for stage, params in read.items()}
    assert sorted(values["evaluate"].robustness) == ["missing", "noise", "units"]
    assert values["evaluate"].discover.minimum_rows == 50
    assert values["train"].explain.rows == (7, "eu-19")
    assert [rule.id for rule in values["gate"].serving] == [
        "latency_p99",
        "latency_p99-over-champion",
        "image_size",
        "server_start",
        "throughput",
    ]
    assert (values["gate"].serving[1].at_least, values["gate"].serving[1].at_most) == (None, 0.2)
    assert values["measure"].asked == ("image", "server")
    assert "reports/serving.json" in (folder / "dvc.yaml").read_text()


def test_stages_run_in_the_order_of_what_they_read(workspace: Workspace) -> None:
    for pipeline in workspace.plan.pipelines:
        made: set[str] = set()
        for stage in pipeline.stages:
            assert all(_known(path, made, pipeline) for path in stage.inputs), stage.name
            made |= {output.path for output in stage.outputs}


def test_the_page_waits_for_what_it_shows(workspace: Workspace) -> None:
    for pipeline in workspace.plan.pipelines:
        trained = {output.path for output in pipeline.stage("train").outputs if output.path.startswith("reports/")}
        trained -= {"reports/courses"}  # DVC's alone: the page draws them from history.csv
        assert trained <= set(pipeline.stage("gate").inputs)
        assert "reports/explanations.json" in trained


def test_no_two_stages_write_the_same_place(workspace: Workspace) -> None:
    for pipeline in workspace.plan.pipelines:
        paths = [output.path for stage in pipeline.stages for output in stage.outputs]
        assert len({path.lower() for path in paths}) == len(paths)
        assert not [(a, b) for a in paths for b in paths if b.startswith(f"{a}/")]


def test_commands_are_constants(workspace: Workspace) -> None:
    for pipeline in workspace.plan.pipelines:
        for stage in pipeline.stages:
            assert stage.command == f'PATH="$DVC_ROOT/.venv/bin:$PATH" mlops stage {stage.name}'


def _known(path: str, made: set[str], pipeline: PipelinePlan) -> bool:
    source = path in pipeline.stage("ingest").inputs
    return source or any(path == other or path.startswith(f"{other}/") for other in made)
