"""What a killed DVC leaves half written does not stop the next run for ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops.operations.processes.reproducing import heal, sweep


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


LEFT = (".xEvuVCvqESLdd8v2DrZAGg.tmp", "model.onnx.a-_uVCvqESLdd8v2DrZAGg.tmp")


def test_what_a_killed_dvc_was_about_to_move_is_taken_away(tmp_path: Path) -> None:
    folder = tmp_path / "pipelines/churn/artifacts"
    (folder / "split" / LEFT[0]).mkdir(parents=True)
    (tmp_path / ".dvc/tmp").mkdir(parents=True)
    others = [folder / "notes.tmp", folder / ".short.tmp", tmp_path / "pipelines/shop/artifacts" / LEFT[0]]
    for path in (*(folder / name for name in LEFT), folder / "split" / LEFT[0] / "part", *others):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("half")
    sweep(tmp_path, "churn")
    assert {path for path in tmp_path.rglob("*") if path.is_file() and ".dvc" not in path.parts} == set(others)


@pytest.mark.slow
def test_what_another_dvc_is_about_to_move_stays(tmp_path: Path) -> None:
    from dvc.lock import make_lock

    place = tmp_path / "pipelines/churn/artifacts" / LEFT[0]
    place.parent.mkdir(parents=True)
    place.write_text("half")
    kept = tmp_path / ".dvc/tmp"
    kept.mkdir(parents=True)
    with make_lock(str(kept / "lock"), tmp_dir=str(kept)):
        sweep(tmp_path, "churn")
    assert place.read_text() == "half"
