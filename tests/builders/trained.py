"""A shop whose model was trained for real, and stages that are made again in the process of the test."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np  # noqa: F401 - a stage pins what it computes with, which this warns of where it comes second
import yaml

from mlops.errors import MlopsError
from mlops.operations.dvc.lock import md5_tree
from mlops.operations.processes.stage import run_stage
from tests.builders.once import once
from tests.builders.repositories import commit
from tests.builders.shop import make_shop
from tests.conftest import ROOT


def trained_shop() -> Path:
    """Give a repository that was never trained, and one commit later a run of its `churn`: to copy, or clone."""
    return once("trained", _train) / "work"


def _train(folder: Path) -> None:
    root = make_shop(folder / "work", "churn")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MLFLOW_TRACKING_URI": ""}
    command = [sys.executable, "-m", "mlops", "run", "churn"]
    subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True)
    commit(root, "Trained")


def in_this_process(folder: Path, stages: Sequence[str], log: Path) -> int:
    """Do what `run_again` does, in a process that has imported what the stages need."""
    log.touch()
    try:
        for stage in stages:
            run_stage(folder, stage)
    except MlopsError as error:
        return error.exit_code
    return 0


def relock(root: Path) -> None:
    """Let the lock name what lies there, as `dvc commit -f` does."""
    folder = root / "pipelines/churn"
    path = folder / "dvc.lock"
    lock = yaml.safe_load(path.read_text())
    for stage in lock["stages"].values():
        for entry in (*stage.get("deps", ()), *stage["outs"]):
            if (folder / entry["path"]).exists():
                entry["md5"] = md5_tree(folder / entry["path"])
    path.write_text(yaml.safe_dump(lock, sort_keys=False))
