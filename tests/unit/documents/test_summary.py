"""`reports/summary.json` says what the verdict and the figures say, in few words."""

from __future__ import annotations

import json
from typing import Any

from mlops.documents.gate import GateReport
from mlops.documents.metrics import MetricsReport
from mlops.documents.summary import Summary
from tests.conftest import ROOT

PASSED = {"metric": "rmse", "verdict": "pass", "mode": "block", "applicable": True}


def gate(*rules: dict[str, Any], verdict: str = "pass") -> GateReport:
    return GateReport.parse(json.dumps({"verdict": verdict, "rules": rules}).encode())


def metrics(**values: float | None) -> MetricsReport:
    figures = {name: {"value": value} for name, value in values.items()}
    return MetricsReport.parse(json.dumps({"rows": 88, "models": {"candidate": figures}}).encode())


def spelt(gate: GateReport, metrics: MetricsReport) -> Any:
    return json.loads(Summary.of(gate, metrics).dumps())


def test_it_has_five_figures_those_of_rules_first() -> None:
    found = spelt(gate(PASSED, {**PASSED, "metric": "r2", "mode": "warn", "verdict": "fail"}), metrics(**FIGURES))
    assert found == {
        "verdict": "pass", "passed": 1, "failed": 0, "inconclusive": 0, "warnings": 1, "rows": 88,
        "rmse": 57.2, "r2": 0.5, "a": 1.0, "b": 2.0, "c": 3.0,
    }  # fmt: skip


FIGURES = {"a": 1.0, "b": 2.0, "c": 3.0, "d": 4.0, "rmse": 57.2, "r2": 0.5}


def test_a_verdict_is_no_better_than_its_rules() -> None:
    assert spelt(gate({**PASSED, "verdict": "fail"}), metrics(rmse=1.0))["verdict"] == "fail"


def test_what_is_not_known_is_left_out_and_no_metric_takes_the_place_of_the_verdict() -> None:
    counts = {"verdict": "pass", "passed": 1, "failed": 0, "inconclusive": 0, "warnings": 0}
    assert spelt(gate(PASSED), metrics(rmse=None, passed=0.5, rows=3.0)) == {**counts, "rows": 88}
    assert spelt(gate(PASSED), MetricsReport()) == counts


def test_what_is_recorded_agrees_with_gate_and_metrics() -> None:
    found = sorted(ROOT.glob("pipelines/*/reports"))
    assert found
    for reports in found:
        judged, measured = GateReport.read(reports / "gate.json"), MetricsReport.read(reports / "metrics.json")
        assert judged is not None
        assert measured is not None
        assert (reports / "summary.json").read_text() == Summary.of(judged, measured).dumps(), reports
