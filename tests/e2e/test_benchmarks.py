"""Every benchmark on its smallest sizes: it still runs, ends well, and changes nothing here."""

from __future__ import annotations

import subprocess
import sys

import pytest

from benchmarks.page import NAMES
from tests.builders.behind import MISSING, WHY
from tests.builders.repositories import git
from tests.conftest import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.long]


@pytest.mark.parametrize("name", NAMES)
def test_it_runs_and_writes_nothing(name: str) -> None:
    if name == "releases" and MISSING:
        pytest.skip(WHY)
    before = git(ROOT, "status", "--porcelain", "--", "benchmarks", "docs")
    done = subprocess.run(
        [sys.executable, f"benchmarks/{name}.py", "--smoke"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr.splitlines()[-1] == "smoke: the smallest sizes; no bound was held to, nothing was written"
    assert done.stdout
    assert git(ROOT, "status", "--porcelain", "--", "benchmarks", "docs") == before
