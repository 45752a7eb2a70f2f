"""A run that is killed leaves nothing that the next one takes for a result."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.builders.clones import BIN, Clone, clone
from tests.builders.waiting import kill_all, started

pytestmark = [pytest.mark.slow, pytest.mark.long]


def kill_at(copy: Clone, stage: str) -> None:
    """Start a reproduction and kill everything in it once a stage has begun."""
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "PYTHONUNBUFFERED": "1"}
    command = ["dvc", "repro", "pipelines/diabetes/dvc.yaml"]
    with started(command, cwd=copy.root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment) as run:
        for line in run.stdout:
            if f":{stage}'" in line:
                kill_all(run)
                return
    raise AssertionError(f"{stage} never began")


def test_after_kills_the_next_run_gives_what_is_committed(repository: Path, tmp_path: Path) -> None:
    copy = clone(repository, tmp_path)
    for stage in ("validate", "train", "bundle", "evaluate", "package"):
        kill_at(copy, stage)
    (copy.root / ".dvc/tmp/rwlock").write_text("")  # what DVC leaves where it is killed as it writes that file
    done = copy.run("mlops", "run", "diabetes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert copy.status() == ""
