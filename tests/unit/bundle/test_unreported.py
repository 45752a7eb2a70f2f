"""ONNX Runtime's wheels report to their maker by default: nothing of ours lets them, and somebody's own word counts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mlops.release.loader import make

LOADS = "import onnxruntime\nonnxruntime.InferenceSession(sys.argv[1])\n"


def left(home: Path, code: str, model: Path, **environment: str) -> set[str]:
    """Run code in a process that nobody told anything; give the names of what its libraries left at home."""
    home.mkdir()
    told = {"HOME": str(home), "PATH": "/usr/bin:/bin", **environment}
    subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}{LOADS}", str(model)], env=told, check=True, capture_output=True
    )
    return {path.name for path in home.rglob("*") if path.is_file() and "Microsoft" in path.parts}


@pytest.fixture
def model(repository: Path) -> Path:
    return repository / "tests/builders/version1/model.onnx"


@pytest.mark.slow
def test_whoever_imports_anything_of_ours_first_reports_nothing(model: Path, repository: Path, tmp_path: Path) -> None:
    path = {"PYTHONPATH": str(repository)}
    assert left(tmp_path / "a", "", model) == {"deviceid", "onnxruntime.db"}  # what it does by itself, where it may
    assert left(tmp_path / "b", "import mlops.bundle.model\n", model, **path) == set()
    said = left(tmp_path / "c", "import mlops\n", model, **path, ORT_DISABLE_TELEMETRY="0")
    assert said == {"deviceid", "onnxruntime.db"}


def test_the_loader_in_a_registered_model_says_so_too() -> None:
    told: dict[str, str] = {}
    exec(make()["__init__.py"].decode().replace("os.environ", "told"), {"told": told})
    assert told == {"ORT_DISABLE_TELEMETRY": "1"}
