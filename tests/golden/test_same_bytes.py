"""The same YAML gives the same bytes: in another folder, under another user, locale, time zone and hash seed.

The order in which the file system lists a folder is turned round too.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders.repositories import copy_own
from tests.conftest import ROOT
from tests.golden.test_golden import HERE, overlay, tree

SCRIPT = """
import os, sys

class Turned:
    def __init__(self, *given):
        self.entries = iter(sorted(inner(*given), key=lambda entry: entry.name, reverse=TURN))
    def __iter__(self):
        return self.entries
    def __next__(self):
        return next(self.entries)
    def __enter__(self):
        return self
    def __exit__(self, *_):
        pass
    def close(self):
        pass

TURN = sys.argv[1] == "turned"
inner, listed = os.scandir, os.listdir
os.scandir = Turned
os.listdir = lambda *given: sorted(listed(*given), reverse=TURN)
from mlops.cli.main import run
for root in sys.argv[2:]:
    os.chdir(root)
    code = run(["compile"])
    if code:
        raise SystemExit(code)
"""
REPOSITORIES = ("demo", "everything", "every-key", "fleet")
SURROUNDINGS = (
    ("plain", {"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C"}),
    ("turned", {"PYTHONHASHSEED": "2", "TZ": "Asia/Tokyo", "LC_ALL": "C.UTF-8", "HOME": "/nowhere", "USER": "x"}),
)


def repository(name: str, folder: Path) -> Path:
    if name != "demo":
        return overlay(HERE / "ok" / name, folder)
    copy_own(folder)
    for path in [*folder.glob("pipelines/*/*.yaml"), *folder.glob("pipelines/.git*")]:
        path.unlink()
    return folder


def compiled(folder: Path, order: str, settings: dict[str, str], before: tuple[str, ...] = ()) -> dict[str, str]:
    """Compile every repository in one fresh process; give what it wrote."""
    folder.mkdir()
    roots = [repository(name, folder / name) for name in REPOSITORIES]
    if before:
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, 65534, 65534)
    done = subprocess.run(
        [*before, sys.executable, "-c", SCRIPT, order, *map(str, roots)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", **settings},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = {}
    for root in roots:
        files = tree(root)
        assert "dvc.yaml" in files, root
        found |= {f"{root.name}/{path}": text for path, text in files.items() if not path.startswith(".mlops/")}
    return found


@pytest.mark.slow
def test_compiling_gives_the_same_bytes_in_other_surroundings(tmp_path: Path) -> None:
    first, second = (
        compiled(tmp_path / f"folder {number}", order, settings)
        for number, (order, settings) in enumerate(SURROUNDINGS)
    )
    assert list(first) == list(second)
    assert [path for path in first if first[path] != second[path]] == []


@pytest.fixture
def open_to_all() -> Iterator[Path]:
    """Make a folder that other users reach: pytest's own are shut again by every pytest that begins meanwhile."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.slow
def test_compiling_gives_the_same_bytes_under_another_user(open_to_all: Path) -> None:
    tool = shutil.which("setpriv")
    other = [str(tool), "--reuid=65534", "--regid=65534", "--clear-groups"]
    reads = [*other, sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); import mlops"]
    if os.geteuid() or tool is None or subprocess.run(reads, capture_output=True, check=False).returncode:
        pytest.skip("another user cannot be taken on here, or cannot read this interpreter")
    own = compiled(open_to_all / "own", *SURROUNDINGS[0])
    theirs = compiled(open_to_all / "theirs", *SURROUNDINGS[1], before=tuple(other))
    assert own == theirs
