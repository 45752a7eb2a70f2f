"""A clone of this working tree in which `make demo` has run: what a newcomer has after the first command."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders.clones import Clone, clone


@pytest.fixture(scope="session")
def demo(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Clone, str]:
    """A clone after `make demo`, and what that printed."""
    made = clone(repository, tmp_path_factory.mktemp("demo"))
    done = made.run("make", "--old-file=.venv/.installed", "demo")
    assert done.returncode == 0, done.stdout + done.stderr
    return made, done.stdout + done.stderr
