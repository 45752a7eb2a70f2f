"""A rule that did not pass, and a budget that does not do, are shown beside the line that asks for them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mlops.cli.main import run
from tests.builders.comments import gate, rule
from tests.builders.repositories import commit, edit, make_repository, record

PIPELINE = "conf/pipeline/churn.yaml"
RULES = """\
gates:
  - metric: auroc
    at_least: 0.73
    over_champion: {no_worse_than: 0.005}
  - {metric: auroc, by: plan, at_least: 0.65, mode: warn}
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.chdir(make_repository(tmp_path))
    text = (tmp_path / PIPELINE).read_text()
    before, gates, _ = text.partition("gates:\n")
    assert gates
    (tmp_path / PIPELINE).write_text(before + RULES)
    return tmp_path


def judged(root: Path, *rules: Any, verdict: str = "fail") -> None:
    path = root / "pipelines" / "churn" / "reports" / "gate.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(gate(verdict, *rules)))


def line(root: Path, text: str) -> int:
    return (root / PIPELINE).read_text().splitlines().index(text) + 1


def missed(metric: str, **more: Any) -> Any:
    return rule(metric, 0.5, 0.4, 0.6, **{"verdict": "fail", "sentence": "too little", **more})


def annotations(shown: str) -> list[str]:
    return [text for text in shown.splitlines() if text.startswith("::")]


@pytest.mark.parametrize("form", ["text", "json", "md"])
def test_a_rule_is_shown_at_its_bound(root: Path, form: str, capsys: pytest.CaptureFixture[str]) -> None:
    judged(
        root,
        rule("auroc", 0.8, 0.7, 0.9, id="log_loss-over-dummy"),
        missed("auroc"),
        missed("auroc", id="auroc-over-champion", against="champion", verdict="inconclusive"),
        missed("auroc", id="auroc-by-plan", by="plan", mode="warn"),
        missed("auroc", id="auroc-over-dummy", against="dummy"),
    )
    assert run(["gate", "churn", "-o", form]) == 2
    shown = capsys.readouterr()
    first = line(root, "  - metric: auroc")
    assert annotations(shown.err) == [
        f"::error file={PIPELINE},line={first + 1},col=5::churn: too little",
        f"::error file={PIPELINE},line={first + 2},col=5::churn: too little",
        f"::warning file={PIPELINE},line={first + 3},col=31::churn: too little",
        f"::error file={PIPELINE},line=1,col=1::churn: too little",
    ]
    assert annotations(shown.out) == []


def test_what_passed_does_not_apply_or_is_waived_is_not_shown(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    judged(root, rule("auroc", 0.8, 0.7, 0.9), missed("auroc", applicable=False), verdict="pass")
    assert run(["gate", "churn"]) == 0
    assert annotations(capsys.readouterr().err) == []


def test_nothing_is_shown_at_home(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS")
    judged(root, missed("auroc"))
    assert run(["gate", "churn"]) == 2
    assert annotations(capsys.readouterr().err) == []


def test_what_costs_too_much_is_shown_at_the_budget(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record(root)
    durations = root / ".mlops" / "durations" / "churn.json"
    durations.parent.mkdir(parents=True)
    durations.write_text('{"gate": 60.0, "package": 120.0}')
    edit(root, PIPELINE, "task: binary", "task: binary\nbudget: {minutes: 2}")
    edit(root, PIPELINE, "at_least: 0.73", "at_least: 0.74")
    assert run(["plan"]) == 2
    sentence = "churn: about 3 minutes, 2 are budgeted"
    place = f"file={PIPELINE},line={line(root, 'budget: {minutes: 2}')},col=1"
    assert annotations(capsys.readouterr().err) == [f"::error {place}::{sentence}"]


def test_a_gate_that_is_loosened_is_shown_where_the_pipeline_asks(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record(root)
    commit(root, "before")
    edit(root, PIPELINE, "at_least: 0.73", "at_least: 0.53")
    assert run(["plan", "--base", "HEAD"]) == 0
    (shown,) = annotations(capsys.readouterr().err)
    assert shown.startswith(f"::warning file={PIPELINE},line={line(root, 'gates:')},col=1::churn: ")
    assert run(["plan", "--base", "HEAD", "-o", "json"]) == 0
    assert annotations(capsys.readouterr().err) == []
