"""The pictures of docs/ show pages as they look today."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import ROOT

pytestmark = [pytest.mark.tools]


def test_no_picture_is_older_than_what_draws_it() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "docs/pictures/make.py", "--check"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
