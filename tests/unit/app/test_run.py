"""Whether DVC has anything to do is decided from content alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mlops.app.lock import md5_tree
from mlops.app.run import needs_dvc
from mlops.app.workspace import open_workspace
from tests.builders.repositories import edit, make_repository, record


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = make_repository(tmp_path)
    record(root)
    return root


def test_nothing_changed_starts_no_dvc(root: Path) -> None:
    assert not needs_dvc(open_workspace(root, ("churn",)), "churn")


CHANGES: dict[str, Callable[[Path], object]] = {
    "the data": lambda root: edit(root, "pipelines/churn/data/churn.csv", "31", "32"),
    "an artefact": lambda root: (root / "pipelines/churn/artifacts/raw.parquet").write_text("other"),
    "an artefact gone": lambda root: (root / "pipelines/churn/artifacts/model").unlink(),
    "a report": lambda root: (root / "pipelines/churn/reports/gate.json").write_text("other"),
    "a bound": lambda root: edit(root, "conf/pipeline/churn.yaml", "0.7", "0.6"),
    "a compiled file": lambda root: edit(root, "pipelines/churn/params.yaml", "0.7", "0.6"),
    "the lock": lambda root: edit(root, "pipelines/churn/dvc.lock", "mlops stage gate", "mlops stage gat"),
    "the lock gone": lambda root: (root / "pipelines/churn/dvc.lock").unlink(),
    "the lock cut short": lambda root: (root / "pipelines/churn/dvc.lock").write_text("schema: '2.0'\nstages: {"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_changed_is_left_to_dvc(change: Callable[[Path], object], root: Path) -> None:
    change(root)
    assert needs_dvc(open_workspace(root, ("churn",)), "churn")


def test_a_folder_has_the_name_that_dvc_gives_it(tmp_path: Path) -> None:
    from dvc_data.hashfile.build import build
    from dvc_data.hashfile.db import HashFileDB
    from dvc_objects.fs.local import LocalFileSystem

    folder = tmp_path / "folder"
    for name in ("b.txt", "a/z.txt", "a.txt", "a-b/c.txt", "ü.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(name))
    system = LocalFileSystem()
    database = HashFileDB(system, str(tmp_path / "cache"))
    _, _, found = build(database, str(folder), system, "md5", dry_run=True)
    assert md5_tree(folder) == found.hash_info.value
