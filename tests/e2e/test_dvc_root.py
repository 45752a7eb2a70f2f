"""The root's `dvc.yaml` names no pipeline, and DVC's own `repro` there makes all of them, once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mlops.backends import dvc
from mlops.plan.pipeline import Plan

pytestmark = pytest.mark.slow

STAGE = "stages:\n  one:\n    cmd: echo {name} > out\n    outs: [out]\n"


def test_repro_at_the_root_makes_everything_and_then_nothing(tmp_path: Path) -> None:
    for path, text in dvc.render(Plan("shop", ())).items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    for name in ("churn", "rain"):
        (tmp_path / "pipelines" / name).mkdir(parents=True)
        (tmp_path / "pipelines" / name / "dvc.yaml").write_text(STAGE.format(name=name))
    repro(tmp_path, "init", "-q", "--no-scm")
    assert ran(tmp_path) == ["pipelines/churn/dvc.yaml:one", "pipelines/rain/dvc.yaml:one"]
    assert ran(tmp_path) == []
    assert "Data and pipelines are up to date." in repro(tmp_path, "repro")
    (tmp_path / "pipelines/rain/out").write_text("something else\n")
    assert ran(tmp_path) == ["pipelines/rain/dvc.yaml:one"]
    assert not (tmp_path / "dvc.lock").exists()


def ran(root: Path) -> list[str]:
    """Reproduce everything, and list the stages that ran."""
    lines = repro(root, "repro").splitlines()
    return sorted(line.split("'")[1] for line in lines if line.startswith("Running stage"))


def repro(root: Path, *words: str) -> str:
    command = [sys.executable, "-m", "dvc", *words]
    return subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout
