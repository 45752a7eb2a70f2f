"""A repository that DVC itself recorded, cached and pushed, in a second or two: its stages write a line and no more."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

from mlops.operations.compiling.compile import compile_files
from mlops.operations.workspace import open_workspace
from mlops.plan.gate import registered
from tests.builders.comments import gate
from tests.builders.repositories import make_repository

_STAGE = """\
#!/bin/sh
root=${0%/.venv/bin/mlops}
echo "$2" >> "$root/ran"
exec cp -R "$root/writes/$2/." .
"""
"""Stands for `mlops stage NAME`: writes what lies ready for that stage, whatever it reads."""

_CONFIG = """\
[core]
    no_scm = True
    remote = storage
['remote "storage"']
    url = ../../remote
"""


@dataclass(frozen=True)
class Recorded:
    """A repository with the pipeline `churn`, whose stages ran, and where DVC keeps what they wrote."""

    root: Path
    remote: Path

    @property
    def folder(self) -> Path:
        return self.root / "pipelines/churn"

    @property
    def lock(self) -> Path:
        return self.folder / "dvc.lock"

    def digest(self, path: str) -> str:
        """Give what the lock names an output."""
        stages = yaml.safe_load(self.lock.read_text())["stages"].values()
        return next(str(out["md5"]) for stage in stages for out in stage["outs"] if out["path"] == path)

    def cached(self, digest: str) -> Path:
        """Place an object of DVC's cache."""
        return self.root / ".dvc/cache/files/md5" / digest[:2] / digest[2:]

    def pushed(self, digest: str) -> Path:
        """Place an object of DVC's remote."""
        return self.remote / "files/md5" / digest[:2] / digest[2:]

    def ran(self) -> list[str]:
        """Name the stages that ran since this was asked the last time."""
        note = self.root / "ran"
        stages = note.read_text().split() if note.exists() else []
        note.unlink(missing_ok=True)
        return stages

    def dvc(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Have DVC do something."""
        command = [sys.executable, "-m", "dvc", *words]
        return subprocess.run(command, cwd=self.root, check=check, capture_output=True, text=True)


def make_recorded(folder: Path) -> Recorded:
    """Make it; `artifacts/split` is a folder of two files."""
    root = make_repository(folder / "shop")
    workspace = open_workspace(root)
    compile_files(workspace)
    pipeline = workspace.pipeline("churn")
    read = [path for stage in pipeline.stages for path in stage.inputs]
    for stage in pipeline.stages:
        for output in stage.outputs:
            inner = [path for path in read if path.startswith(f"{output.path}/")]
            if output.path == "artifacts/split":
                inner = [f"{output.path}/train.parquet", f"{output.path}/test.parquet"]
            for path in inner or [output.path]:
                place = root / "writes" / stage.name / path
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(f"{stage.name} {path}\n")
    judged = {**gate("pass", champion=None), "registered": registered(pipeline.stage("gate").section)}
    (root / "writes/gate/reports/gate.json").write_text(json.dumps(judged))
    program = root / ".venv/bin/mlops"
    program.parent.mkdir(parents=True)
    program.write_text(_STAGE)
    program.chmod(0o755)
    made = Recorded(root, folder / "remote")
    (root / ".dvc").mkdir()
    (root / ".dvc/config").write_text(_CONFIG)
    made.dvc("repro", "-q", "pipelines/churn/dvc.yaml")
    made.dvc("push", "-q", "pipelines/churn/dvc.yaml")
    made.ran()
    return made
