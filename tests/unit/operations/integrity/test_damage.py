"""Bytes that are not what was recorded: told, moved out of DVC's way, made again, and never trained on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mlops.cli.main import run
from mlops.errors import IntegrityError
from mlops.operations.dvc.lock import LockedStage
from mlops.operations.integrity.damage import Damage, mend, refuse_other
from mlops.operations.integrity.remote_objects import repair_remote
from mlops.operations.integrity.verify import verify
from mlops.operations.processes.looked import Looked
from mlops.operations.running.run import run_pipeline
from mlops.operations.workspace import open_workspace
from tests.builders.flipped import flip
from tests.builders.recorded import Recorded
from tests.builders.repositories import make_repository, record

OLD = 1_000_000_000  # seconds: longer ago than a file is waited for


@pytest.fixture(autouse=True)
def _at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_text("one")
    os.utime(path, (OLD, OLD))
    return path


def looked(file: Path, *, whole: bool = False) -> str:
    found = Looked(file.parent, "churn", whole=whole)
    digest = found.file(file)
    found.keep()
    return digest


def test_a_file_is_read_again_where_it_moved_or_all_is_asked_for(file: Path) -> None:
    first = looked(file)
    flip(file)
    assert looked(file) == first
    assert looked(file, whole=True) != first
    flip(file)
    flip(file, 0)
    known = looked(file)
    os.utime(file, (OLD, OLD + 1))
    assert looked(file) != known


def test_a_job_of_ci_reads_everything(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = looked(file)
    flip(file)
    monkeypatch.setenv("CI", "true")
    assert looked(file) != first


def test_another_file_at_the_same_place_is_read(file: Path) -> None:
    first = looked(file)
    other = file.with_name("other")
    other.write_text("two")
    os.utime(other, (OLD, OLD))
    other.replace(file)
    assert looked(file) != first


def test_a_file_that_was_written_just_now_is_read_again(file: Path) -> None:
    file.write_text("two")
    first = looked(file)
    flip(file)
    assert looked(file) != first


def test_a_folder_is_compared_too(tmp_path: Path) -> None:
    root = make_repository(tmp_path)
    record(root)
    bundle = root / "pipelines/churn/artifacts/evaluation"
    bundle.unlink()
    bundle.mkdir()
    (bundle / "more").write_text("x")
    messages = [found.message for found in verify(open_workspace(root))]
    assert messages == ["artifacts/evaluation is not what the run wrote"]


def test_a_stage_that_ran_again_for_damage_must_write_what_was_recorded() -> None:
    stage = LockedStage("run", {"seed": 1}, {"in": "a"}, {"out": "b"})
    damage = (Damage("train", "out", "b", (".mlops/quarantine/b",)),)
    refuse_other({"train": stage}, {"train": stage}, damage, "churn")
    other = replace(stage, outputs={"out": "c"})
    refuse_other({"train": stage}, {"train": replace(other, section={"seed": 2})}, damage, "churn")  # a change
    with pytest.raises(IntegrityError) as caught:
        refuse_other({"train": stage}, {"train": other}, damage, "churn")
    assert (caught.value.message, caught.value.hint) == (
        "churn: train ran again, because out was damaged, and wrote something else than was recorded",
        "git diff pipelines/churn/dvc.lock; commit it to record this run, or take it back and fetch what was recorded: "
        "dvc pull",
    )


def test_a_lock_that_leads_elsewhere_moves_and_touches_nothing(tmp_path: Path) -> None:
    """A pull request brings its own lock: what it calls a digest, or an output, may be any path."""
    root, outside = tmp_path / "shop/work", tmp_path / "shop/file"
    root.mkdir(parents=True)
    outside.write_text("one")
    os.utime(outside, (OLD, OLD))
    outputs = {"artifacts/a": f"aa{outside}", "artifacts/b": "../../../file", "../../../file": "0" * 32}
    locked = {"train": LockedStage("run", {}, {}, outputs)}
    cache = root / ".dvc/cache/files/md5"
    assert mend(root, "pipelines/churn", cache, locked, Looked(root, "churn")) == ()
    assert (outside.read_text(), outside.stat().st_mtime) == ("one", OLD)


@pytest.mark.slow
def test_what_the_remote_delivered_is_not_trained_on(
    recorded: Recorded, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stage runs again and gives what was recorded; the remote is put right by its own verb alone."""
    digest, lock = recorded.digest("artifacts/raw.parquet"), recorded.lock.read_bytes()
    bad = recorded.pushed(digest)
    flip(bad)
    for place in (recorded.root / ".dvc/cache", recorded.root / ".dvc/tmp", recorded.folder / "artifacts"):
        shutil.rmtree(place)
    recorded.dvc("pull", "-q", "pipelines/churn/dvc.yaml")
    assert run(["verify", "churn"]) == 5
    monkeypatch.setenv("CI", "true")
    assert run(["run", "churn"]) == 0
    said = "churn: artifacts/raw.parquet had other bytes in DVC's cache than were recorded: moved aside, to"
    assert f"{said} .mlops/quarantine/{digest}" in capfd.readouterr().err.splitlines()
    assert (recorded.ran(), recorded.lock.read_bytes()) == (["ingest"], lock)
    assert (recorded.root / ".mlops/quarantine" / digest).read_bytes() == bad.read_bytes()
    assert run(["verify", "churn"]) == 0
    assert run(["verify", "churn", "--remote"]) == 5
    done = repair_remote(recorded.root, "churn")
    assert ([item.path for item in done.deleted], done.pushed) == (["artifacts/raw.parquet"], 1)
    assert bad.read_text() == "ingest artifacts/raw.parquet\n"
    assert run(["verify", "churn", "--remote"]) == 0


@pytest.mark.slow
def test_what_is_bad_in_the_cache_alone_is_taken_from_the_work_tree(recorded: Recorded) -> None:
    """No stage runs, and one object is moved aside, the list of the folder as well as any."""
    place = recorded.cached(recorded.digest("artifacts/split"))
    good = place.read_bytes()
    flip(place)
    workspace = open_workspace(recorded.root, ("churn",))
    assert run_pipeline(workspace, "churn").verdict == "pass"
    assert (recorded.ran(), place.read_bytes()) == ([], good)
    assert verify(workspace, whole=True) == ()


def _of_lock(made: Recorded) -> None:
    flip(made.lock, made.lock.read_text().index(made.digest("artifacts/raw.parquet")))


@pytest.mark.slow
@pytest.mark.parametrize(
    "damage",
    [
        lambda made: flip(made.folder / "data/churn.csv"),
        _of_lock,
    ],
    ids=["data", "lock"],
)
def test_the_hint_of_verify_ends_what_verify_found(
    damage: Callable[[Recorded], None], recorded: Recorded, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(recorded)
    assert run(["verify", "churn", "--bytes"]) == 5
    hint = "hint: run `mlops compile` and `mlops run NAME`, and commit what they write"
    assert capsys.readouterr().err.splitlines() == [hint]
    assert run(["compile"]) == 0
    assert run(["run", "churn"]) == 0
    assert run(["verify", "churn", "--bytes"]) == 0


@pytest.mark.slow
def test_data_that_came_damaged_out_of_the_cache_is_learnt_from_by_nobody(recorded: Recorded) -> None:
    data = recorded.folder / "data/churn.csv"
    recorded.dvc("add", "-q", "pipelines/churn/data/churn.csv")
    digest = next(word for word in (data.with_name("churn.csv.dvc")).read_text().split() if len(word) == 32)
    flip(recorded.cached(digest))
    flip(data)
    with pytest.raises(IntegrityError) as caught:
        run_pipeline(open_workspace(recorded.root, ("churn",)), "churn")
    shown = "pipelines/churn/data/churn.csv"
    assert caught.value.message == (
        f"{shown} is not what {shown}.dvc names: DVC's cache had other bytes, which are in .mlops/quarantine now"
    )
    assert (data.exists(), recorded.cached(digest).exists(), recorded.ran()) == (False, False, [])
