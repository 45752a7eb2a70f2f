"""What the core does without the extras: the same list as pyproject.toml, and a sentence for whoever needs one."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from mlops import api
from mlops.cli.main import run
from mlops.extras import EXTRAS, MissingExtra, extra_of, missing, need
from tests.builders.bundles import make_bundle
from tests.builders.repositories import copy_own

# A module of this name is imported by every Python that finds it: this one lets nothing of an extra be imported.
BLOCKER = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {absent}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Absent())
"""
ABSENT = sorted({module for modules in EXTRAS.values() for module in modules.values()} | {"pandas"})


@pytest.fixture
def core_only(tmp_path: Path, repository: Path) -> dict[str, str]:
    """An environment in which no library of an extra can be imported, by whatever process."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(BLOCKER.format(absent=set(ABSENT)))
    return {**os.environ, "PYTHONPATH": f"{tmp_path / 'site'}{os.pathsep}{repository}"}


def mlops(folder: Path, environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mlops", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_blocker_blocks(tmp_path: Path, core_only: dict[str, str]) -> None:
    tries = "".join(f"try:\n import {module}\nexcept ModuleNotFoundError as e:\n print(e.name)\n" for module in ABSENT)
    command = [sys.executable, "-c", tries]
    done = subprocess.run(command, cwd=tmp_path, env=core_only, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ABSENT


def test_every_name_of_the_api_is_there_without_any_extra(tmp_path: Path, core_only: dict[str, str]) -> None:
    program = "from mlops import api; print(*(getattr(api, name).__name__ for name in api.__all__ if name != 'Task'))"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=tmp_path, env=core_only, capture_output=True, text=True, check=False)
    assert (done.stderr, done.stdout.split()) == ("", [name for name in api.__all__ if name != "Task"])


@pytest.mark.slow
def test_a_bundle_is_served_without_any_extra_and_outside_any_repository(
    tmp_path: Path, core_only: dict[str, str]
) -> None:
    make_bundle(tmp_path / "somewhere" / "bundle")
    done = mlops(tmp_path / "somewhere", core_only, "serve", "bundle", "--check")
    assert (done.returncode, done.stdout.partition(" by ")[0]) == (0, "8 golden rows answered exactly as expected")


@pytest.mark.slow
def test_a_repository_is_compiled_validated_and_planned_without_any_extra(
    tmp_path: Path, core_only: dict[str, str]
) -> None:
    root = copy_own(tmp_path / "repository")
    compiled = root / "pipelines" / "diabetes" / "dvc.yaml"
    before = compiled.read_bytes()
    compiled.unlink()
    for verb in (["compile"], ["compile", "--check"], ["validate"], ["validate", "--hydra"], ["plan"]):
        done = mlops(root, core_only, *verb)
        assert done.returncode == 0, (verb, done.stderr)
    assert compiled.read_bytes() == before
    done = mlops(root, core_only, "run", "diabetes")
    assert (done.returncode, done.stdout) == (6, "")
    assert done.stderr == (
        "`mlops run` needs dvc, which is not installed: it comes with the extra `train`\n"
        'hint: pip install "mlops-by-pull-request[train]"\n'
    )


def test_the_extras_are_those_of_pyproject(repository: Path) -> None:
    listed = tomllib.loads((repository / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    asked = {extra: {canonicalize_name(Requirement(item).name) for item in items} for extra, items in listed.items()}
    asked.pop("test")
    assert {extra: set(modules) for extra, modules in EXTRAS.items()} == asked


def test_an_extra_is_found_by_what_it_brings() -> None:
    assert [extra_of(name) for name in ("dvc", "mlflow", "hydra-core")] == ["train", "registry", None]


def test_what_is_installed_is_not_missed() -> None:
    need("train", "`mlops run`")
    assert missing(ModuleNotFoundError("no", name="polars")) is None
    assert missing(ModuleNotFoundError("no", name="nobody_knows")) is None
    assert missing(KeyError("polars")) is None


def test_an_extra_that_is_absent_is_named_with_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(MissingExtra) as caught:
        need("registry", "`mlops register`")
    assert caught.value.message == (
        "`mlops register` needs mlflow, which is not installed: it comes with the extra `registry`"
    )
    assert caught.value.hint == 'pip install "mlops-by-pull-request[registry]"'


@pytest.mark.parametrize(
    ("verb", "extra", "library"),
    [
        (["run", "churn"], "train", "polars"),
        (["stage", "train"], "train", "torch"),
        (["new", "churn", "--data", "pyproject.toml", "--target", "left"], "train", "dvc"),
        (["monitor"], "train", "scipy"),
        (["retrain", "churn"], "train", "polars"),
        (["register"], "registry", "mlflow"),
        (["reconcile", "--env", "prod"], "registry", "mlflow"),
    ],
)
def test_a_verb_without_its_extra_ends_with_6_and_says_what_to_type(
    verb: list[str],
    extra: str,
    library: str,
    repository: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(repository)
    monkeypatch.setitem(sys.modules, library, None)
    assert run(verb) == 6
    assert capsys.readouterr() == (
        "",
        f"`mlops {verb[0]}` needs {library}, which is not installed: it comes with the extra `{extra}`\n"
        f'hint: pip install "mlops-by-pull-request[{extra}]"\n',
    )


def test_a_library_that_is_missed_on_the_way_is_told_by_the_same_list(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)

    def fail(*_: object, **__: object) -> None:
        import polars  # noqa: F401

    monkeypatch.setattr("mlops.cli.main.cli.main", fail)
    assert run(["plan"]) == 6
    assert capsys.readouterr().err == (
        "this needs polars, which is not installed: it comes with the extra `train`\n"
        'hint: pip install "mlops-by-pull-request[train]"\n'
    )
