"""What a killed DVC leaves half written does not stop the next run for ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops.app.running.reproducing import heal


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / ".dvc/tmp").mkdir(parents=True)
    return tmp_path / ".dvc/tmp/rwlock"


@pytest.mark.parametrize("left", ["", '{"read": {"/shop/data', "[]"])
def test_a_list_of_locks_that_is_none_is_taken_away(place: Path, left: str) -> None:
    place.write_text(left)
    heal(place.parents[2])
    assert not place.exists()


@pytest.mark.parametrize("left", ["{}", '{"write": {"/shop/x": {"pid": 1, "cmd": "dvc repro"}}}'])
def test_a_whole_one_stays(place: Path, left: str) -> None:
    place.write_text(left)
    heal(place.parents[2])
    assert place.read_text() == left


def test_where_dvc_never_ran_nothing_is_made(tmp_path: Path) -> None:
    heal(tmp_path)
    assert list(tmp_path.iterdir()) == []
