"""What others may import: which names, what it costs, and that each example holds."""

from __future__ import annotations

import ast
import doctest
import json
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

import mlops.ml.training.problem
from mlops import api
from mlops.files.conflict import Conflicted
from mlops.plan.gate import registered
from tests.builders.bundles import make_bundle
from tests.builders.comments import gate
from tests.builders.repositories import edit, make_repository, record, record_output

ERRORS = {
    *("MlopsError", "GateFailed", "StaleError", "ConfigurationError", "DataError", "IntegrityError"),
    *("InfrastructureError", "Inconclusive"),
}
PROMISED = {
    "functions": {"data_schema", "gate", "load_bundle", "open_repository", "plan", "run", "validate"},
    "errors": {*ERRORS, "BadRows"},
    "findings": {"Diagnostic", "Position"},
    "plans": {
        *("Cost", "Counts", "DataChange", "Deploy", "Drift", "FileChange", "GateChange", "KeyChange", "MadeOf"),
        *("PipelineChange", "Planned", "Share", "Shift", "StagePlan", "TableChange"),
    },
    "other values": {"Predictor", "Repository", "Verdict"},
    "what an own model is told": {"Problem", "Task"},
}
"""Whoever takes one away, or calls it otherwise, lists the old name in `api._RENAMED` for one release."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository whose pipeline ran and passed, with a bundle beside it."""
    root = make_repository(tmp_path_factory.mktemp("api"))
    section = record(root).pipeline("churn").stage("gate").section
    judged = {**gate("pass", champion=None), "registered": registered(section)}
    record_output(root, "churn", "reports/gate.json", json.dumps(judged))
    make_bundle(root / "bundle")
    return root


@pytest.fixture
def here(made: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(made)
    return made


def test_what_is_exported_is_what_is_promised() -> None:
    assert api.__all__ == sorted({name for names in PROMISED.values() for name in names})
    assert dir(api) == api.__all__


def test_every_name_is_there_and_found_once() -> None:
    assert [name for name in api.__all__ if getattr(api, name).__class__.__module__ == "types"] == []
    assert api.Problem is api.Problem is mlops.ml.training.problem.Problem
    with pytest.raises(AttributeError) as caught:
        _ = api.Plan
    assert str(caught.value) == "module 'mlops.api' has no attribute 'Plan'"


def test_every_class_of_a_plan_and_every_error_is_exported() -> None:
    change_report = (Path(api.__file__).parent / "documents/change_report.py").read_text()
    classes = {node.name for node in ast.parse(change_report).body if isinstance(node, ast.ClassDef)}
    assert {name for name in classes if not name.startswith("_")} == PROMISED["plans"]
    errors = (Path(api.__file__).parent / "errors.py").read_text()
    assert {node.name for node in ast.parse(errors).body if isinstance(node, ast.ClassDef)} == ERRORS


def test_type_checkers_and_python_find_a_name_in_the_same_place() -> None:
    (block,) = [node for node in ast.parse(Path(api.__file__).read_text()).body if isinstance(node, ast.If)]
    imported = {
        name.name: node.module for node in block.body for name in node.names if isinstance(node, ast.ImportFrom)
    }
    assert imported == api._HOME_OF


def test_to_import_it_costs_the_errors_and_nothing_else() -> None:
    program = "import sys; before = set(sys.modules); import mlops.api; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    imported = {name for name in done.stdout.split() if name.partition(".")[0] not in sys.stdlib_module_names}
    assert imported == {"mlops", "mlops.api", "mlops.errors"}


def test_a_name_of_an_earlier_release_works_and_says_its_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "_RENAMED", {"Bundle": "Predictor", "judge": "gate"})
    for old, new in (("Bundle", "Predictor"), ("judge", "gate")):
        with pytest.warns(DeprecationWarning, match="is now") as caught:
            assert getattr(api, old) is getattr(api, new)
        (warning,) = caught
        assert str(warning.message) == f"mlops.api.{old} is now mlops.api.{new}, and will be gone in the next release"
        assert warning.filename == __file__


@pytest.mark.parametrize("name", ["Repository", *sorted(PROMISED["functions"])])
def test_every_example_holds(name: str, here: Path) -> None:
    found = [test for test in doctest.DocTestFinder().find(getattr(api, name), name, api) if test.examples]
    assert found, "no example"
    for test in found:
        assert doctest.DocTestRunner().run(test).failed == 0


def test_outside_of_a_repository_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(api.ConfigurationError) as caught:
        api.open_repository(str(tmp_path))
    assert caught.value.message == f"{tmp_path}: no `conf/project.yaml` here or above"
    assert caught.value.hint == "change to the folder of the repository, or begin one: mlops init"


@pytest.fixture
def copied(made: Path, tmp_path: Path) -> api.Repository:
    """A copy that may be changed."""
    return api.open_repository(shutil.copytree(made, tmp_path / "shop"))


def test_what_is_wrong_in_the_yaml_is_found_and_stops_what_goes_by_it(copied: api.Repository) -> None:
    edit(copied.root, "conf/pipeline/churn.yaml", "at_least: 0.7", "at_leas: 0.7")
    (found,) = api.validate(copied)
    assert (str(found.position), found.severity) == ("conf/pipeline/churn.yaml:16:5", "error")
    for function in (api.plan, api.run):
        with pytest.raises(api.ConfigurationError) as caught:
            function(copied, "churn")
        assert caught.value.diagnostics == (found,)
    assert api.gate(copied, "churn").verdict == "pass", "what was judged was judged"


def test_a_plan_says_what_an_edit_makes_stale(copied: api.Repository) -> None:
    edit(copied.root, "conf/pipeline/churn.yaml", "at_least: 0.7", "at_least: 0.6")
    (change,) = api.plan(copied).pipelines
    assert [stage.name for stage in change.stages if stage.runs] == ["gate", "package"]
    assert [(key.key, key.where) for key in change.keys] == [("gates", "conf/pipeline/churn.yaml:15")]


@pytest.mark.parametrize("ci", ["", "true"])
def test_frozen_and_in_ci_nothing_is_compiled(ci: str, copied: api.Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", ci)
    compiled = (copied.root / "pipelines/churn/params.yaml").read_bytes()
    edit(copied.root, "conf/pipeline/churn.yaml", "at_least: 0.7", "at_least: 0.6")
    with pytest.raises(api.StaleError) as caught:
        api.run(copied, "churn", frozen=not ci)
    assert caught.value.message == "pipelines/churn/params.yaml: not what the YAML compiles to"
    assert (copied.root / "pipelines/churn/params.yaml").read_bytes() == compiled


def test_a_verdict_that_fails_is_returned(copied: api.Repository) -> None:
    section = record(copied.root).pipeline("churn").stage("gate").section
    judged = {**gate("fail", champion=None), "registered": registered(section)}
    record_output(copied.root, "churn", "reports/gate.json", json.dumps(judged))
    for verdict in (api.gate(copied, "churn"), api.run(copied, "churn")):
        assert verdict.verdict == "fail"
        assert isinstance(verdict.error(), api.GateFailed)


def test_what_was_never_judged_has_no_verdict(copied: api.Repository) -> None:
    with pytest.raises(api.ConfigurationError, match="there is no pipeline `chrn`"):
        api.gate(copied, "chrn")
    (copied.root / "pipelines/churn/reports/gate.json").unlink()
    with pytest.raises(api.InfrastructureError) as caught:
        api.gate(copied, "churn")
    assert (caught.value.message, caught.value.hint) == ("churn: no verdict yet", "mlops run churn")


def test_nothing_goes_by_what_a_merge_left_in_two_versions(copied: api.Repository) -> None:
    (copied.root / ".git").mkdir()
    (copied.root / ".git/MERGE_HEAD").touch()
    report = copied.root / "pipelines/churn/reports/metrics.json"
    report.write_text("<<<<<<< ours\n{}\n=======\n{}\n>>>>>>> theirs\n")
    for function in (api.plan, api.gate, partial(api.run, frozen=True)):
        with pytest.raises(Conflicted) as caught:
            function(copied, "churn")
        assert caught.value.places == {"pipelines/churn/reports/metrics.json": 1}


def test_a_run_says_which_extra_it_needs(copied: api.Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dvc", None)
    with pytest.raises(api.InfrastructureError) as caught:
        api.run(copied, "churn")
    assert caught.value.message == (
        "`mlops.api.run` needs dvc, which is not installed: it comes with the extra `train`"
    )


def test_another_bundle_than_the_one_that_is_meant_is_refused(here: Path) -> None:
    with pytest.raises(api.IntegrityError, match=f"but must be sha256:{'0' * 64}"):
        api.load_bundle(here / "bundle", "sha256:" + "0" * 64)
