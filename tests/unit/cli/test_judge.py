"""`mlops judge` asked for what it cannot do: the rows of nothing, of a change, or of what never ran."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops.cli.main import run
from tests.builders.repositories import make_repository

ROWS = "--rows makes those of named pipelines, of no --change: mlops judge NAME --rows FOLDER"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Missing option '--change'."),
        (("--rows", "rows"), ROWS),
        (("churn", "--rows", "rows", "--change", "change"), ROWS),
    ],
)
def test_rows_are_those_of_named_pipelines_and_all_else_is_of_a_change(
    words: tuple[str, ...],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(make_repository(tmp_path))
    assert run(["judge", *words]) == 4
    assert said in capsys.readouterr().err


def test_no_rows_come_of_what_never_ran(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(make_repository(tmp_path))
    assert run(["judge", "churn", "--rows", "rows"]) == 6
    said = "churn: dvc.lock names no data to make rows of\nhint: mlops run churn\n"
    assert capsys.readouterr().err.endswith(said)
    assert not Path("rows").exists()
    assert run(["judge", "../churn", "--rows", "rows"]) == 4
    assert not Path("rows").exists()
