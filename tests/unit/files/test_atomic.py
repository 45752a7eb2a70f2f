from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mlops.files.atomic import write_text, writing, writing_folder
from tests.conftest import ROOT


class Interrupted(Exception):
    pass


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    write_text(tmp_path / "deep" / "f", "one\n")
    write_text(tmp_path / "deep" / "f", "two\n")
    assert (tmp_path / "deep" / "f").read_bytes() == b"two\n"
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["f"]


def test_a_file_stays_old_when_writing_fails(tmp_path: Path) -> None:
    write_text(tmp_path / "f", "old")
    with pytest.raises(Interrupted), writing(tmp_path / "f") as temporary:
        temporary.write_text("ne")
        raise Interrupted
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"f": "old"}


def test_a_folder_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    with writing_folder(tmp_path / "d") as temporary:
        (temporary / "a").write_text("1")
    with pytest.raises(Interrupted), writing_folder(tmp_path / "d") as temporary:
        (temporary / "b").write_text("2")
        raise Interrupted
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")] == ["d", "d/a"]


def test_a_kill_while_the_old_folder_is_removed_leaves_no_half_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing_folder(tmp_path / "d") as temporary:
        for name in "ab":
            (temporary / name).write_text("old")

    def killed(folder: Path, **_: object) -> None:
        if folder.exists():
            next(folder.iterdir()).unlink()
            raise Interrupted

    monkeypatch.setattr(shutil, "rmtree", killed)
    with pytest.raises(Interrupted), writing_folder(tmp_path / "d") as temporary:
        for name in "abc":
            (temporary / name).write_text("new")
    assert {path.name: path.read_text() for path in (tmp_path / "d").iterdir()} == dict.fromkeys("abc", "new")


def test_a_folder_that_is_replaced_leaves_nothing_beside_it(tmp_path: Path) -> None:
    for name in "ab":
        with writing_folder(tmp_path / "d") as temporary:
            (temporary / name).write_text(name)
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")] == ["d", "d/b"]


def test_a_folder_of_many_files_is_looked_through_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A monitor fetches a month of segments, each a file of its own, into one folder."""
    looked: list[object] = []
    scan = os.scandir

    def counted(path: str) -> object:
        looked.append(path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", counted)
    for number in range(20):
        write_text(tmp_path / str(number), "")
    assert looked == [tmp_path]


@pytest.mark.parametrize("name", [".f.7.part", ".f.part", ".f.backup.old", "f.abcdefgh.part"])
def test_what_somebody_else_named_stays(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("theirs")
    write_text(tmp_path / "f", "ours")
    assert (tmp_path / name).read_text() == "theirs"


_KILLED = """
import os, signal
from pathlib import Path
from mlops.files.atomic import writing, writing_folder
with writing(Path("f")) as file, writing_folder(Path("d")) as folder:
    file.write_text("half")
    (folder / "a").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_writer_left_goes_with_the_next_write_and_what_others_write_stays(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-c", _KILLED], cwd=tmp_path, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert len(list(tmp_path.iterdir())) == 2
    with writing(tmp_path / "f") as file, writing_folder(tmp_path / "d") as folder:
        file.write_text("slow")
        (folder / "a").write_text("slow")
        write_text(tmp_path / "f", "quick")
        with writing_folder(tmp_path / "d") as other:
            (other / "a").write_text("quick")
        assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["d", "f", file.name, folder.name])
    found = {path.relative_to(tmp_path).as_posix(): path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    assert found == {"f": "slow", "d/a": "slow"}
