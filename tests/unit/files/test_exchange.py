"""Several files are replaced together, or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops.errors import InfrastructureError
from mlops.files.exchange import exchange


def held(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_files_are_written_and_removed_with_their_folders(tmp_path: Path) -> None:
    exchange(tmp_path, {"a/b/old": b"1", "keep": b"2"})
    exchange(tmp_path, {"a/b/old": None, "c/new": b"\xff", "never": None})
    assert held(tmp_path) == {"keep": b"2", "c/new": b"\xff"}
    assert not (tmp_path / "a").exists()


def test_where_one_cannot_be_written_all_is_as_it_was(tmp_path: Path) -> None:
    exchange(tmp_path, {"a/x": b"1", "b": b"2", "z": b"3"})
    before = held(tmp_path)
    with pytest.raises(InfrastructureError) as caught:
        exchange(tmp_path, {"a/x": None, "b": b"other", "c/new": b"4", "z/inside": b"5"})
    assert caught.value.message == "z/inside cannot be written: file exists"
    assert caught.value.hint == "nothing was changed; make it writable, then run this again"
    assert held(tmp_path) == before
    assert not (tmp_path / "c").exists()
