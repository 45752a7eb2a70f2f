"""Verdicts of several pipelines: one that cannot be read hides no other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlops.cli.main import run
from tests.builders.comments import gate, rule
from tests.builders.repositories import BASE, make_repository

CHURN = (BASE / "conf/pipeline/churn.yaml").read_text()


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three pipelines, of which `rain` never ran."""
    monkeypatch.chdir(make_repository(tmp_path, rain=CHURN, snow=CHURN))
    judged(tmp_path, "churn", "pass")
    judged(tmp_path, "snow", "fail")
    return tmp_path


def judged(root: Path, name: str, verdict: str) -> None:
    path = root / "pipelines" / name / "reports" / "gate.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(gate(verdict, rule("auroc", 0.8, 0.7, 0.9))))


def test_a_pipeline_that_never_ran_is_told_after_the_others(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["gate"]) == 6
    shown = capsys.readouterr()
    assert [line for line in shown.out.splitlines() if "verdict: " in line] == [
        "  verdict: pass (1 of 1 passed)",
        "  verdict: fail (1 of 1 passed)",
    ]
    assert shown.err == (
        "snow: the gate failed\nhint: mlops gate snow --explain\nrain: no verdict yet\nhint: mlops run rain\n"
    )


def test_who_was_told_each_sentence_is_sent_to_the_report(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["gate", "snow", "--explain"]) == 2
    assert capsys.readouterr().err == "snow: the gate failed\nhint: open pipelines/snow/reports/report.html\n"


def test_the_machine_readable_forms_hold_the_others_too(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["gate", "-o", "json"]) == 6
    assert [value["pipeline"] for value in json.loads(capsys.readouterr().out)] == ["churn", "snow"]


@pytest.mark.parametrize(("names", "code"), [(["churn"], 0), (["churn", "snow"], 2), (["rain"], 6)], ids=str)
def test_the_exit_code_is_that_of_what_was_asked_for(root: Path, names: list[str], code: int) -> None:
    assert run(["gate", *names]) == code


def test_two_that_cannot_be_read_are_both_told(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "pipelines/churn/reports/gate.json").write_text("{")
    assert run(["gate", "churn", "rain"]) == 6
    assert capsys.readouterr().err == (
        "pipelines/churn/reports/gate.json is damaged\nhint: mlops run churn\n"
        "rain: no verdict yet\nhint: mlops run rain\n"
    )
