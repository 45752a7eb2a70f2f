"""What tests of the application share: this release's wheel, and a repository that runs on an earlier one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.builders.upgrading import make_earlier
from tests.builders.zipped_wheels import make_wheel


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def _earlier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_earlier(tmp_path_factory.mktemp("earlier") / "shop")


@pytest.fixture
def earlier_shop(tmp_path: Path, _earlier: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a copy of the earlier repository, as the current folder, out of reach of this machine's tokens."""
    for name in ("MLOPS_TOKEN", "GITHUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    root = shutil.copytree(_earlier, tmp_path / "shop")
    monkeypatch.chdir(root)
    return root
