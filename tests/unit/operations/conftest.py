"""What tests of the application share: this release's wheel, a repository on an earlier one, one that DVC recorded."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.builders.recorded import Recorded, make_recorded
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


@pytest.fixture(scope="session")
def _recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return make_recorded(tmp_path_factory.mktemp("recorded"))


@pytest.fixture
def recorded(tmp_path: Path, _recorded: Recorded, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    """Give a copy of the repository that DVC recorded, and of its remote, as the current folder."""
    shutil.copytree(_recorded.root.parent, tmp_path / "copy")
    found = Recorded(tmp_path / "copy/shop", tmp_path / "copy/remote")
    monkeypatch.chdir(found.root)
    return found
