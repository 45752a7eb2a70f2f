"""An output of a commit by the name that its lock gives it: from the cache, else the remote, held against it."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from mlops.errors import IntegrityError
from mlops.operations.dvc import objects
from mlops.operations.dvc.get import get


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def kept(root: Path, data: bytes, suffix: str = "", name: str = "") -> str:
    """Put an object into the cache, under its own name or a wrong one."""
    digest = name or md5(data)
    place = root / ".dvc/cache/files/md5" / digest[:2] / f"{digest[2:]}{suffix}"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    return f"{digest}{suffix}"


def committed(root: Path, outputs: dict[str, str]) -> str:
    """A commit whose lock records outputs."""
    outs = [{"path": path, "md5": digest} for path, digest in outputs.items()]
    lock = root / "pipelines/tiny/dvc.lock"
    lock.parent.mkdir(parents=True)
    lock.write_text(yaml.safe_dump({"schema": "2.0", "stages": {"split": {"cmd": "run", "outs": outs}}}))
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@example.org")
    for words in (("init", "--quiet"), ("add", "pipelines"), ("commit", "--quiet", "--message", "record")):
        subprocess.run((*git, *words), cwd=root, check=True)
    return subprocess.run(
        ("git", "rev-parse", "HEAD"), cwd=root, check=True, capture_output=True, text=True
    ).stdout.strip()


def listing(**files: str) -> bytes:
    return json.dumps([{"md5": digest, "relpath": path} for path, digest in sorted(files.items())]).encode()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a remote was asked for, which has nothing."""
    names: list[str] = []

    class Nothing:
        @property
        def fs(self) -> Nothing:
            return self

        def oid_to_path(self, digest: str) -> str:
            names.append(digest)
            return digest

        def exists(self, _path: str) -> bool:
            return False

    @contextmanager
    def opened(_root: Path) -> Iterator[Nothing]:
        yield Nothing()

    monkeypatch.setattr(objects, "opened", opened)
    monkeypatch.setattr(objects, "remote", lambda _root: "s3://ours/models")
    return names


def test_what_the_cache_holds_is_laid_out_without_the_remote(tmp_path: Path, asked: list[str]) -> None:
    one, two = kept(tmp_path, b"one"), kept(tmp_path, b"two")
    folder = kept(tmp_path, listing(**{"a.txt": one, "deep/b.txt": two}), ".dir")
    commit = committed(tmp_path, {"artifacts/file": one, "artifacts/folder": folder})
    assert get(tmp_path, "tiny", "artifacts/file", commit, tmp_path / "out/file")
    assert get(tmp_path, "tiny", "artifacts/folder", commit, tmp_path / "out/folder")
    assert (tmp_path / "out/file").read_bytes() == b"one"
    assert (tmp_path / "out/folder/deep/b.txt").read_bytes() == b"two"
    assert asked == []


def test_what_the_cache_lacks_in_part_is_asked_for_by_its_name(tmp_path: Path, asked: list[str]) -> None:
    folder = kept(tmp_path, listing(**{"a.txt": kept(tmp_path, b"one"), "b.txt": md5(b"gone")}), ".dir")
    commit = committed(tmp_path, {"artifacts/folder": folder})
    assert not get(tmp_path, "tiny", "artifacts/folder", commit, tmp_path / "out")
    assert asked == [md5(b"gone")]
    assert not (tmp_path / "out").exists()


def test_bytes_that_are_not_what_the_lock_records_are_refused(tmp_path: Path, asked: list[str]) -> None:
    commit = committed(tmp_path, {"artifacts/file": kept(tmp_path, b"other", name=md5(b"one"))})
    with pytest.raises(IntegrityError) as raised:
        get(tmp_path, "tiny", "artifacts/file", commit, tmp_path / "out")
    path = "pipelines/tiny/artifacts/file"
    assert raised.value.message == f"{path} of commit {commit[:8]} came with other bytes than its dvc.lock records"
    assert asked == []


@pytest.mark.parametrize("path", ["../out.txt", "/tmp/out.txt", "a/../../b", ".git/config"])
def test_no_path_of_a_folder_leads_out_of_it(path: str, tmp_path: Path, asked: list[str]) -> None:
    folder = kept(tmp_path, listing(**{path: kept(tmp_path, b"one")}), ".dir")
    commit = committed(tmp_path, {"artifacts/folder": folder})
    with pytest.raises(IntegrityError) as raised:
        get(tmp_path, "tiny", "artifacts/folder", commit, tmp_path / "out/folder")
    shown = "pipelines/tiny/artifacts/folder"
    assert raised.value.message == f"{shown}: the remote lists a file {path!r}, which is none of the folder's"
    assert asked == []
    assert not (tmp_path / "out").exists()


def test_what_no_lock_records_is_nowhere(tmp_path: Path, asked: list[str]) -> None:
    commit = committed(tmp_path, {"artifacts/file": kept(tmp_path, b"one")})
    assert not get(tmp_path, "tiny", "artifacts/other", commit, tmp_path / "out")
    assert asked == []


@pytest.fixture
def far(tmp_path: Path) -> Path:
    """A remote in a folder, which the repository knows."""
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc/config").write_text("[core]\n    remote = far\n['remote \"far\"']\n    url = ../far\n")
    return tmp_path / "far"


@pytest.mark.slow
def test_what_a_remote_holds_comes_from_there_and_is_held_against_its_name(tmp_path: Path, far: Path) -> None:
    one = kept(tmp_path, b"one")
    folder = kept(tmp_path, listing(**{"a.txt": one, "deep/b.txt": kept(tmp_path, b"two")}), ".dir")
    shutil.move(tmp_path / ".dvc/cache/files", far / "files")
    commit = committed(tmp_path, {"artifacts/folder": folder, "artifacts/gone": md5(b"gone")})
    assert get(tmp_path, "tiny", "artifacts/folder", commit, tmp_path / "out")
    assert (tmp_path / "out/deep/b.txt").read_bytes() == b"two"
    assert not get(tmp_path, "tiny", "artifacts/gone", commit, tmp_path / "gone")
    (far / "files/md5" / one[:2] / one[2:]).write_bytes(b"bad")
    with pytest.raises(IntegrityError, match="came with other bytes than its dvc.lock records$"):
        get(tmp_path, "tiny", "artifacts/folder", commit, tmp_path / "again")
    assert not (tmp_path / "again").exists()
