"""A compile with nothing to do is recognised; whatever differs is never taken for nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mlops.operations.compiling.compile import check_files, compile_files
from mlops.operations.compiling.noop_compile import unchanged
from mlops.operations.workspace import open_workspace
from tests.builders.repositories import edit, make_repository

pytestmark = pytest.mark.slow  # plays with Git or whole repositories


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = make_repository(tmp_path)
    assert unchanged(root) is None
    compile_files(open_workspace(root))
    return root


def test_the_second_compile_has_nothing_to_do(root: Path) -> None:
    files = unchanged(root)
    assert files is not None
    assert "pipelines/churn/dvc.yaml" in files
    assert check_files(open_workspace(root)) == ()


def left_over(root: Path) -> None:
    (root / "pipelines" / "old").mkdir()
    (root / "pipelines" / "old" / "dvc.yaml").write_bytes((root / "pipelines/churn/dvc.yaml").read_bytes())


def outside(root: Path) -> None:
    file = root / "pipelines/churn/data/churn.csv"
    file.rename(root / "churn.csv")
    file.symlink_to(root / "churn.csv")


CHANGES: dict[str, Callable[[Path], object]] = {
    "a key": lambda root: edit(root, "conf/pipeline/churn.yaml", "0.7", "0.6"),
    "a comment": lambda root: edit(root, "conf/pipeline/churn.yaml", "task:", "# why\ntask:"),
    "a new file": lambda root: (root / "conf" / "features.yaml").write_text("a: 1\n"),
    "a pin": lambda root: (root / "constraints.txt").write_text("polars==1.0\n"),
    "a compiled file edited": lambda root: edit(root, "pipelines/churn/dvc.yaml", "stages:", "stages: "),
    "a compiled file gone": lambda root: (root / "pipelines/churn/params.yaml").unlink(),
    "a compiled file left over": left_over,
    "the data gone": lambda root: (root / "pipelines/churn/data/churn.csv").unlink(),
    "the data a link to outside": outside,
    "a folder that is a link": lambda root: (root / "conf" / "model").symlink_to(root / "conf" / "data"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_differs_asks_for_a_compile(change: Callable[[Path], object], root: Path) -> None:
    change(root)
    assert unchanged(root) is None


@pytest.mark.parametrize(
    "damage", [lambda b: b[:-9], lambda b: b"", lambda b: b.replace(b"churn", b"charn"), lambda b: b"\xff" + b]
)
def test_a_damaged_cache_counts_as_absent(damage: Callable[[bytes], bytes], root: Path) -> None:
    cache = root / ".mlops" / "cache" / "compile.json"
    whole = cache.read_bytes()
    cache.write_bytes(damage(whole))
    assert (unchanged(root) is None) == (damage(whole) != whole)
