"""What several modules need is made once in a run of pytest, whichever worker asks first."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders import once


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(once, "_RUN", {})
    once.begin(tmp_path / "popen-gw0")
    return tmp_path


def test_the_workers_of_a_run_share_what_one_of_them_made(run: Path) -> None:
    made: list[Path] = []
    places = []
    for worker in ("popen-gw0", "popen-gw1"):
        once.begin(run / worker)
        places.append(once.once("thing", made.append))
    assert places == [run / "once-thing"] * 2
    assert made == places[:1]


def test_what_could_not_be_made_is_begun_again(run: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").touch()
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        once.once("thing", fail)
    place = once.once("thing", lambda folder: (folder / "whole").touch())
    assert [path.name for path in place.iterdir()] == ["whole"]


def test_without_workers_it_lies_with_the_temporary_folders_of_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(once, "_RUN", {})
    once.begin(tmp_path)
    assert once.once("thing", Path.exists) == tmp_path / "once-thing"
