"""Run a pipeline: `dvc repro` of its folder, then its verdict."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from mlops.app.gate import Verdict, read_verdict
from mlops.errors import InfrastructureError, MlopsError


class StageFailed(MlopsError):
    """A stage stopped; it has said why itself."""

    def __init__(self, message: str, *, code: int, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.exit_code = code


def run_pipeline(root: Path, name: str) -> Verdict:
    """Reproduce what is stale of one pipeline and read its verdict.

    Raises:
        StageFailed: a stage stopped for a reason other than its verdict.
        InfrastructureError: DVC itself failed.
    """
    result = root / ".mlops" / "results" / f"{name}.json"
    result.unlink(missing_ok=True)
    command = [sys.executable, "-m", "dvc", "repro", f"pipelines/{name}/dvc.yaml"]
    done = subprocess.run(command, cwd=root, check=False)  # noqa: S603 - constant but for a checked name
    if done.returncode:
        _raise(name, result)
    return read_verdict(root, name)


def _raise(name: str, result: Path) -> None:
    try:
        ended = json.loads(result.read_bytes())
    except (OSError, ValueError):
        ended = {"code": 0}
    if not ended["code"]:
        raise InfrastructureError(f"{name}: dvc repro failed", hint="read what it said above; `dvc doctor` may help")
    if ended["stage"] != "package":
        raise StageFailed(f"{name}: {ended['stage']} stopped", code=ended["code"], hint=ended["next"])
