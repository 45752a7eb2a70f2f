"""A smoke run: which rows it keeps, and what it says of a stage that stops."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import polars as pl
import pytest

from mlops.errors import DataError
from mlops.operations.processes import stage
from mlops.operations.running import smoke as running
from mlops.operations.running.smoke import smoke, stopped
from mlops.operations.workspace import open_workspace
from tests.builders.played import begun

STAGES = ("validate", "split", "features")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (None, "validate"),
        ({"stage": "validate", "code": 4}, "validate"),
        ({"stage": "validate", "code": 0}, "split"),
        ({"stage": "split", "code": 4}, "split"),
        ({"stage": "split", "code": 0}, "features"),
        ({"stage": "features", "code": 0}, "features"),
    ],
    ids=[
        "killed at once",
        "refused",
        "killed in the second",
        "refused in the second",
        "killed in the last",
        "killed after the last",
    ],
)
def test_the_stage_that_stopped_is_named(said: dict[str, object] | None, expected: str, tmp_path: Path) -> None:
    if said is not None:
        (tmp_path / "result.json").write_text(json.dumps(said))
    assert stopped(STAGES, tmp_path / "result.json") == expected


@pytest.mark.parametrize("kept", [False, True], ids=["on stderr", "in a file"])
def test_what_a_library_prints_in_this_process_is_no_result(
    kept: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(stage, "run_stage", lambda folder, name: print(f"{folder.name}: {name}"))
    with (tmp_path / "printed").open("w+b") as file:
        running._run_here(tmp_path / "played", ["train"], file if kept else sys.stderr.buffer)
    told = capsys.readouterr()
    assert told.out == ""
    assert ((tmp_path / "printed").read_text() if kept else told.err) == "played: train\n"


def played(tmp_path: Path, rows: int, target: str = "kind") -> Path:
    """Begin a pipeline of three classes, one of which is rare."""
    kinds = [("rare", "few", "many")[min(2, row % 50)] for row in range(rows)]
    lines = [f"{row * 7919 % 1_000 / 10},{row % 11},{kind}" for row, kind in enumerate(kinds)]
    (tmp_path / "t.csv").write_text("\n".join(["a,b,kind", *lines]) + "\n")
    begun(tmp_path / "root", tmp_path / "t.csv", target)
    return tmp_path / "root"


@pytest.mark.slow
def test_every_class_keeps_rows_and_stages_run_where_they_are_told_to(tmp_path: Path) -> None:
    root = played(tmp_path, 3_000)
    with (tmp_path / "printed").open("w+b") as printed:
        verdict = smoke(root, open_workspace(root).pipeline("played"), printed, here=True)
        assert "gate: " in (tmp_path / "printed").read_text()
    assert verdict.verdict in {"pass", "fail", "inconclusive"}
    folder = root / ".mlops/smoke/pipelines/played"
    raw = pl.read_parquet(folder / "artifacts/raw.parquet")
    assert dict(raw["kind"].value_counts().iter_rows()) == {"rare": 40, "few": 40, "many": 1_920}
    assert raw["__row__"].is_sorted()
    assert not (root / "pipelines/played/artifacts").exists(), "nothing of the pipeline itself is touched"


@pytest.mark.slow
def test_a_stage_that_stops_in_this_process_says_why(tmp_path: Path) -> None:
    root = played(tmp_path, 600)
    (root / "pipelines/played/data/t.csv").write_text("a,b,kind\n")
    with pytest.raises(DataError) as caught, (tmp_path / "printed").open("w+b") as printed:
        smoke(root, open_workspace(root).pipeline("played"), printed, here=True)
    assert "rows" in caught.value.message
