"""What several modules share: a clone in which `make demo` has run; podman, and wheels for images."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders.clones import Clone, clone
from tests.builders.podman import Podman, make_podman, make_wheelhouse


@pytest.fixture(scope="session")
def demo(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Clone, str]:
    """A clone after `make demo`, and what that printed."""
    made = clone(repository, tmp_path_factory.mktemp("demo"))
    done = made.run("make", "--old-file=.venv/.installed", "demo")
    assert done.returncode == 0, done.stdout + done.stderr
    return made, done.stdout + done.stderr


@pytest.fixture(scope="session")
def podman(tmp_path_factory: pytest.TempPathFactory) -> Podman:
    return make_podman(tmp_path_factory.mktemp("podman"))


@pytest.fixture(scope="session")
def wheelhouse(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_wheelhouse(repository, tmp_path_factory.mktemp("wheelhouse"))
