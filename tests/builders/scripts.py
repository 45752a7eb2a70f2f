"""The scripts of compiled workflows, run as GitHub runs them, with a recording stand-in for `mlops`."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.builders.workflows import jobs, project, workflows

JOBS = jobs(workflows(project()))
needs_jq = pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed; GitHub's runners have it")


def script(job: str, name: str) -> str:
    (step,) = [step for step in JOBS[job]["steps"] if step["name"] == name]
    return str(step["run"])


def run(folder: Path, text: str, **environment: str) -> subprocess.CompletedProcess[str]:
    values = {"PATH": os.environ["PATH"], "GITHUB_OUTPUT": str(folder / "output"), **environment}
    command = ["bash", "-e", "-c", text]
    return subprocess.run(command, cwd=folder, env=values, capture_output=True, text=True, check=False)


def fake(folder: Path, body: str = "") -> None:
    """Put a stand-in where `make setup` puts mlops: it notes its arguments, then does what `body` says."""
    path = folder / ".venv" / "bin" / "mlops"
    path.parent.mkdir(parents=True)
    path.write_text(f'#!/bin/sh\necho "$@" >> calls\n{body}\n')
    path.chmod(0o755)


def calls(folder: Path) -> list[str]:
    return (folder / "calls").read_text().splitlines() if (folder / "calls").exists() else []


def outputs(folder: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in (folder / "output").read_text().splitlines())
