"""The pages of docs/ as one site: nothing that they include or link to within the repository is missing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.tools


def test_all_pages_become_a_site_without_a_warning(repository: Path, tmp_path: Path) -> None:
    beside = repository / ".tools/docs"
    if not (beside / ".installed").is_file():
        pytest.skip("Sphinx is not installed: make docs")
    command = (sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning", "--keep-going")
    done = subprocess.run(
        [*command, "-d", str(tmp_path / "seen"), str(repository / "docs"), str(tmp_path / "site")],
        env=os.environ | {"PYTHONPATH": str(beside)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    page = (tmp_path / "site/reference/verbs.html").read_text()
    assert 'id="mlops-rollback"' in page
