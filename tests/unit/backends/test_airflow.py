"""The DAG of a pipeline: what is compiled, without Airflow; `tests/e2e/test_engines.py` has Airflow run it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from mlops.backends import airflow
from mlops.compiler.files import render
from mlops.compiler.lower.owners import protected
from mlops.errors import ConfigurationError
from mlops.operations.compiling.compile import check_files, compile_files
from mlops.operations.workspace import open_workspace
from tests.builders.repositories import edit, make_orchestrated, make_repository

FILE = "orchestrate/airflow/churn.py"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_orchestrated(tmp_path, "airflow")


def test_a_project_that_asks_for_none_has_none(tmp_path: Path) -> None:
    assert [path for path in render(open_workspace(make_repository(tmp_path)).plan) if "orchestrate" in path] == []


def test_the_tasks_are_the_stages_in_their_order(root: Path) -> None:
    plan = open_workspace(root).plan
    tree = ast.parse(airflow.render(plan)[FILE])
    found = {
        target.id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(target := node.targets[0], ast.Name) and target.id == "STAGES"
    }
    assert found == {"STAGES": tuple(stage.name for stage in plan.pipelines[0].stages)}


def test_no_text_of_the_configuration_becomes_python_or_jinja(root: Path) -> None:
    edit(root, "conf/pipeline/churn.yaml", "Who will leave?", '\'""" {{ var.value.x }}\'')
    assert "var.value" not in airflow.render(open_workspace(root).plan)[FILE]


def test_what_is_compiled_is_held_to_the_yaml_and_goes_with_it(root: Path) -> None:
    assert FILE in compile_files(open_workspace(root)).touched
    edit(root, FILE, "retries=0", "retries=9")
    assert [difference.path for difference in check_files(open_workspace(root))] == [FILE]
    edit(root, "conf/project.yaml", "orchestrate: [airflow]\n", "")
    compile_files(open_workspace(root))
    assert not (root / FILE).exists()


def test_a_folder_that_is_a_link_is_refused_and_nothing_is_written_through_it(root: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (root / "orchestrate").mkdir()
    (root / "orchestrate/airflow").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigurationError, match="orchestrate/airflow"):
        compile_files(open_workspace(root))
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_the_policys_owners_review_what_an_engine_runs_where_there_is_one(root: Path) -> None:
    project = open_workspace(root).project
    assert project.engines == ("github", "airflow")
    assert set(protected("lock", project.engines)) - set(protected("lock")) == {"/orchestrate/"}
    assert "\n/orchestrate/ @platform\n" in _compiled(root, ".github/CODEOWNERS")


def _compiled(root: Path, path: str) -> str:
    compile_files(open_workspace(root))
    return (root / path).read_text()
