"""Trials that nobody comes back to: what goes, what stays, and what somebody is at."""

import fcntl
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mlops.operations.swept import Swept
from mlops.operations.trying.folder import RUNNING, lock_of, trials
from mlops.operations.trying.sweep import sweep, sweep_searches
from mlops.stages.wish import searches, wish_of
from tests.builders.repositories import make_repository

NOW = datetime(2030, 6, 1, tzinfo=UTC)
OLD, NEW = "0a0a0a0a", "0b0b0b0b"


def put(root: Path, name: str, key: str, days: int, *endings: str) -> None:
    """Leave what a trial left so many days ago, ten bytes a file."""
    for ending in endings or ("json", "csv", "parquet"):
        path = trials(root, name) / f"{key}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"0123456789")
        then = (NOW - timedelta(days=days)).timestamp()
        os.utime(path, (then, then))


def left(root: Path) -> set[str]:
    return {str(path.relative_to(trials(root, ""))) for path in trials(root, "").rglob("*") if path.is_file()}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = make_repository(tmp_path)
    put(made, "churn", OLD, 91)
    put(made, "churn", NEW, 89)
    put(made, "gone", NEW, 1)
    put(made, "churn", f"{RUNNING}/{NEW}/pipelines/churn/params", 0, "yaml")
    return made


def test_old_ones_cut_off_ones_and_those_of_no_pipeline_go(root):
    told = Swept("trials", kept=3, objects=7, size=70)
    assert sweep(root, NOW, dry=True) == told
    assert len(left(root)) == 10
    assert sweep(root, NOW) == told
    assert left(root) == {f"churn/{NEW}.{ending}" for ending in ("json", "csv", "parquet")}
    assert not (trials(root, "gone")).exists()
    assert sweep(root, NOW) == Swept("trials", kept=3, objects=0, size=0)


def test_what_is_read_again_lately_keeps_the_whole_trial(root):
    put(root, "churn", OLD, 1, "json")
    sweep(root, NOW)
    assert {f"churn/{OLD}.{ending}" for ending in ("json", "csv", "parquet")} <= left(root)


def test_a_pipeline_that_is_being_tried_is_left_alone(root):
    before = left(root)
    for name in ("churn", "gone"):
        lock_of(root, name).parent.mkdir(parents=True, exist_ok=True)
    with lock_of(root, "churn").open("w") as churn, lock_of(root, "gone").open("w") as gone:
        fcntl.flock(churn, fcntl.LOCK_EX)
        fcntl.flock(gone, fcntl.LOCK_EX)
        assert sweep(root, NOW) == Swept("trials", kept=10, objects=0, size=0)
    assert left(root) == before


def test_where_nothing_was_tried_there_is_nothing(tmp_path):
    assert sweep(make_repository(tmp_path), NOW) == Swept("trials", 0, 0, 0)


def search(root: Path, name: str, key: str, days: int) -> Path:
    """Leave the journal of a search that told of a trial so many days ago, ten bytes."""
    path = searches(root, name) / key / "journal.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"0123456789")
    then = (NOW - timedelta(days=days)).timestamp()
    os.utime(path, (then, then))
    return path


def test_journals_of_old_searches_and_of_no_pipeline_go_and_a_wish_stays_as_long_as_its_pipeline(tmp_path):
    root = make_repository(tmp_path)
    old, new, gone = search(root, "churn", OLD, 91), search(root, "churn", NEW, 89), search(root, "gone", NEW, 1)
    for name in ("churn", "gone"):
        wish_of(root, name).touch()
        os.utime(wish_of(root, name), (0, 0))
    told = Swept("searches", kept=2, objects=3, size=20)
    assert sweep_searches(root, NOW, dry=True) == told
    assert old.exists()
    assert gone.exists()
    assert sweep_searches(root, NOW) == told
    assert new.exists()
    assert wish_of(root, "churn").exists()
    assert not old.parent.exists()
    assert not searches(root, "gone").exists()
    assert sweep_searches(root, NOW) == Swept("searches", kept=2, objects=0, size=0)
