"""What is recorded and is not here is brought by its digest, and what lies here stays."""

from __future__ import annotations

import errno
import hashlib
import json
import shutil
from pathlib import Path

import pytest
import yaml

from mlops.cli.main import run
from mlops.operations.dvc import objects
from mlops.operations.running import fetch as fetching
from tests.builders.disk import refusing
from tests.builders.repositories import commit, make_repository

pytestmark = pytest.mark.slow

CHURN = "pipelines/churn"
REMOTE = "[core]\n    remote = far\n['remote \"far\"']\n    url = ../far\n"
BROUGHT = ("artifacts/raw.parquet", "artifacts/split/test.parquet", "data/more.csv")


def keep(root: Path, data: bytes, kind: str = "") -> str:
    digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
    place = root / ".dvc/cache/files/md5" / digest[:2] / f"{digest[2:]}{kind}"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    return f"{digest}{kind}"


def folder(root: Path, **files: bytes) -> str:
    listed = [{"md5": keep(root, data), "relpath": path} for path, data in sorted(files.items())]
    return keep(root, json.dumps(listed).encode(), ".dir")


def record(root: Path, split: str) -> None:
    """Leave a lock whose objects are in the cache, data that DVC tracks, and a report that Git holds."""
    outs = {"artifacts/raw.parquet": keep(root, b"raw"), "artifacts/split": split, "reports/split.json": "0" * 32}
    listed = [{"path": path, "md5": digest} for path, digest in outs.items()]
    stages = {"ingest": {"cmd": "x", "outs": listed[:1]}, "split": {"cmd": "x", "outs": listed[1:]}}
    (root / CHURN / "dvc.lock").write_text(yaml.safe_dump({"schema": "2.0", "stages": stages}))
    (root / CHURN / "data/more.csv.dvc").write_text(f"outs:\n- md5: {keep(root, b'more')}\n  path: more.csv\n")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = make_repository(tmp_path / "work")
    record(root, folder(root, **{"train.parquet": b"train", "test.parquet": b"test"}))
    commit(root)
    monkeypatch.chdir(root)
    return root


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def there(root: Path) -> list[str]:
    return [path for path in BROUGHT if (root / CHURN / path).exists()]


def test_data_and_what_stages_wrote_come_from_the_cache_and_reports_do_not(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["fetch", "churn"]) == 0
    assert capsys.readouterr().err == "3 artifacts brought\n"
    assert [(root / CHURN / path).read_bytes() for path in BROUGHT] == [b"raw", b"test", b"more"]
    assert not (root / CHURN / "reports/split.json").exists()
    assert run(["fetch"]) == 0
    assert capsys.readouterr().err == "0 artifacts brought\n"


def test_a_file_of_the_cache_is_copied_so_that_an_edit_reaches_nobody_else(root: Path) -> None:
    assert run(["fetch"]) == 0
    (root / CHURN / "data/more.csv").write_text("edited")
    shutil.rmtree(root / CHURN / "artifacts")
    (root / CHURN / "data/more.csv").unlink()
    assert run(["fetch"]) == 0
    assert (root / CHURN / "data/more.csv").read_bytes() == b"more"


def test_what_lies_here_stays_and_what_is_nowhere_is_told(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / CHURN / "data/more.csv").write_text("mine")
    shutil.rmtree(root / ".dvc/cache")
    assert run(["fetch", "churn"]) == 0
    assert capsys.readouterr().err == (
        f"{CHURN}/artifacts/raw.parquet is neither in DVC's cache nor in its remote\n"
        f"{CHURN}/artifacts/split is neither in DVC's cache nor in its remote\n"
        f"{CHURN}/data/more.csv is something else than is recorded, and stays\n"
        "0 artifacts brought\n"
    )
    assert (root / CHURN / "data/more.csv").read_text() == "mine"


def test_of_other_bytes_nothing_is_laid_out_and_the_rest_is_brought(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    digest = hashlib.md5(b"more", usedforsecurity=False).hexdigest()
    (root / ".dvc/cache/files/md5" / digest[:2] / digest[2:]).write_bytes(b"bad")
    assert run(["fetch", "churn"]) == 5
    assert capsys.readouterr().err == (
        f"{CHURN}/data/more.csv: the object {digest} that DVC keeps has other bytes than its name says\n"
        "hint: mlops run NAME moves a bad object of the cache aside, mlops repair NAME --remote one of the remote\n"
    )
    assert there(root) == ["artifacts/raw.parquet", "artifacts/split/test.parquet"]


def test_a_list_that_leads_out_of_its_folder_is_refused_and_without_the_guard_is_followed(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    record(root, folder(root, **{"../../../../../evil.py": b"says yes"}))
    assert run(["fetch", "churn"]) == 5
    assert capsys.readouterr().err.startswith(
        f"{CHURN}/artifacts/split: the remote lists a file '../../../../../evil.py', which is none of the folder's\n"
    )
    assert there(root) == ["artifacts/raw.parquet", "data/more.csv"]
    monkeypatch.setattr(objects, "trouble", lambda _path: None)
    laid: list[str] = []

    def one(_bring: objects.Bring, _folder: Path, _shown: str, file: tuple[str, str]) -> bool:
        laid.append(file[0])
        return False

    monkeypatch.setattr(objects, "_one", one)
    run(["fetch", "churn"])
    assert laid == ["../../../../../evil.py"]


def test_a_file_of_dvcs_that_leads_out_brings_nothing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / CHURN / "data/more.csv.dvc").write_text(f"outs:\n- md5: {'a' * 32}\n  path: ../../../evil.py\n")
    assert run(["fetch", "churn"]) == 4
    assert "data/more.csv.dvc: the path '../../../evil.py' leaves its folder" in capsys.readouterr().err
    assert there(root) == []


def test_nothing_is_laid_out_through_a_link(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (root / CHURN / "artifacts").symlink_to(elsewhere)
    assert run(["fetch", "churn"]) == 5
    assert capsys.readouterr().err == (
        f"{CHURN}/artifacts/raw.parquet leads out of its folder, through a link\n"
        f"{CHURN}/artifacts/split leads out of its folder, through a link\n"
        "hint: remove the link\n"
    )
    assert list(elsewhere.iterdir()) == []
    monkeypatch.setattr(fetching, "through_a_link", lambda *_: False)
    assert run(["fetch", "churn"]) == 0
    assert sorted(path.name for path in elsewhere.iterdir()) == ["raw.parquet", "split"]


def test_a_disk_that_is_full_is_told(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with refusing(root, errno.ENOSPC):
        assert run(["fetch", "churn"]) == 6
    assert capsys.readouterr().err == (
        ".mlops/fetched: No space left on device\nhint: make room on the disk, then run this again\n"
    )


def test_it_is_told_as_json_too(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["fetch", "churn", "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"brought": 3, "absent": [], "other": []}


@pytest.mark.slow
def test_what_the_cache_lacks_comes_from_the_remote(root: Path, tmp_path: Path) -> None:
    shutil.move(root / ".dvc/cache/files", tmp_path / "far/files")
    (root / ".dvc/config").write_text(REMOTE.replace("../far", "../../far"))
    assert run(["fetch", "churn"]) == 0
    assert there(root) == [*BROUGHT]
    assert files(root / ".dvc/cache/files") == files(tmp_path / "far/files"), "DVC would run again what it lacks"


@pytest.mark.slow
def test_a_list_that_leads_out_does_not_come_into_the_cache(root: Path, tmp_path: Path) -> None:
    record(root, split := folder(root, **{"../../../../../evil.py": b"says yes"}))
    shutil.move(root / ".dvc/cache/files", tmp_path / "far/files")
    (root / ".dvc/config").write_text(REMOTE.replace("../far", "../../far"))
    assert run(["fetch", "churn"]) == 5
    assert there(root) == ["artifacts/raw.parquet", "data/more.csv"]
    assert not (root / ".dvc/cache/files/md5" / split[:2] / split[2:]).exists()
