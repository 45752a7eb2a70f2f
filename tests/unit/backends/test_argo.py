"""The Argo Workflow of a pipeline: what is compiled; `tests/e2e/test_engines.py` runs its commands in their order."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from mlops.backends import argo
from mlops.operations.compiling.compile import check_files, compile_files
from mlops.operations.workspace import open_workspace
from mlops.plan.pipeline import Plan
from mlops.plan.stage import Stage
from tests.builders.repositories import edit, make_orchestrated

FILE = "orchestrate/argo/churn.yaml"
NAME = re.compile(r"[a-zA-Z0-9][-a-zA-Z0-9]*")  # `workflowFieldNameFmt` of Argo's validation


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_orchestrated(tmp_path, "argo", "airflow")


def spec(plan: Plan) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(argo.render(plan)[FILE])["spec"]
    return found


def stages(found: dict[str, Any]) -> list[str]:
    return [task["arguments"]["parameters"][0]["value"] for task in found["templates"][0]["dag"]["tasks"]]


def test_the_tasks_are_the_stages_and_each_waits_for_the_one_before(root: Path) -> None:
    plan = open_workspace(root).plan
    found = spec(plan)
    tasks = found["templates"][0]["dag"]["tasks"]
    assert stages(found) == [stage.name for stage in plan.pipelines[0].stages]
    assert [task.get("depends") for task in tasks] == [None, *(task["name"] for task in tasks[:-1])]
    assert {task["template"] for task in tasks} == {found["templates"][1]["name"]}
    command = [".venv/bin/mlops", "run", "churn", "--stage", "{{inputs.parameters.stage}}"]
    assert found["templates"][1]["container"]["command"] == command


def test_names_are_such_that_argo_takes_them_and_no_two_are_one(root: Path) -> None:
    plan = open_workspace(root).plan
    own = tuple(Stage(name, "", (), ()) for name in ("a_b", "a-b"))
    pipeline = replace(plan.pipelines[0], stages=own)
    found = spec(replace(plan, project="Shop_" * 30, pipelines=(pipeline,)))
    names = [task["name"] for task in found["templates"][0]["dag"]["tasks"]]
    assert names == ["1-a-b", "2-a-b"]
    assert all(NAME.fullmatch(name) for name in names)
    assert stages(found) == ["a_b", "a-b"]
    (mutex,) = found["synchronization"]["mutexes"]
    assert re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,48}[a-z0-9])?", mutex["name"])


def test_no_text_of_the_configuration_becomes_an_expression_of_argos(root: Path) -> None:
    edit(root, "conf/pipeline/churn.yaml", "Who will leave?", "'{{workflow.parameters.image}} {{=sprig.env(1)}}'")
    found = set(re.findall(r"\{\{.*?\}\}", argo.render(open_workspace(root).plan)[FILE]))
    assert found == {"{{workflow.parameters.image}}", "{{workflow.parameters.claim}}", "{{inputs.parameters.stage}}"}
    assert "sprig" not in argo.render(open_workspace(root).plan)[FILE]


def test_what_is_compiled_is_held_to_the_yaml_and_goes_with_it(root: Path) -> None:
    assert FILE in compile_files(open_workspace(root)).touched
    edit(root, FILE, "allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true")
    assert [difference.path for difference in check_files(open_workspace(root))] == [FILE]
    edit(root, "conf/project.yaml", "orchestrate: [argo, airflow]\n", "orchestrate: [airflow]\n")
    compile_files(open_workspace(root))
    assert not (root / FILE).exists()
    assert (root / "orchestrate/airflow/churn.py").exists()
