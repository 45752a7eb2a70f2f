"""A run that is killed leaves nothing that the next one takes for a result."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.builders.clones import BIN, Clone, clone

pytestmark = pytest.mark.slow


def kill_at(copy: Clone, stage: str) -> None:
    """Start a reproduction and kill everything in it once a stage has begun."""
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "PYTHONUNBUFFERED": "1"}
    command = ["dvc", "repro", "pipelines/diabetes/dvc.yaml"]
    with subprocess.Popen(
        command,
        cwd=copy.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        start_new_session=True,
    ) as run:
        assert run.stdout is not None
        for line in run.stdout:
            if f":{stage}'" in line:
                os.killpg(run.pid, signal.SIGKILL)
                return
    raise AssertionError(f"{stage} never began")


def test_after_kills_the_next_repro_gives_what_is_committed(repository: Path, tmp_path: Path) -> None:
    copy = clone(repository, tmp_path)
    for stage in ("validate", "train", "evaluate", "package"):
        kill_at(copy, stage)
    done = copy.run("dvc", "repro", "pipelines/diabetes/dvc.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert copy.status() == ""
