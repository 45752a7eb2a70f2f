from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mlops.bundle.store import Store
from mlops.errors import InfrastructureError
from mlops.ml.evaluation.evidence import Rule
from mlops.ml.evaluation.serving_cost import judge
from mlops.steps import measure
from mlops.steps.context import StageContext
from tests.builders.bundles import make_bundle, make_pipeline

BUSY = """
import sys
from mlops.bundle.timing import answer

class Busy:
    def predict_rows(self, rows):
        for _ in rows:
            sum(range(int(sys.argv[1])))

answer(Busy(), [{}], 4, sys.stdin, sys.stdout)
"""
INPUTS = {"model.onnx": "a", "transform.json": "b"}


def busy(work: int) -> measure.Subject:
    return measure.Subject((sys.executable, "-c", BUSY, str(work)), 2**20)


def verdicts(ratio: float, runs: int) -> list[str]:
    """Really measure a workload and one that does `ratio` times as much, and judge it by a tenth."""
    rule = Rule("r", "latency_p50", "champion", at_most=0.1)
    said = []
    for _ in range(runs):
        subjects = {"candidate": busy(int(40_000 * ratio)), "champion": busy(40_000)}
        found = measure.measure(subjects, 5, 80, 4)
        document = {"inputs": INPUTS, "champion": "c", "repetitions": found}
        said += [result.verdict for result in judge([rule], document, INPUTS, "c", 0.95)]
    return said


def test_a_process_that_dies_is_said_so() -> None:
    dead = measure.Subject((sys.executable, "-c", "pass"), 1)
    with pytest.raises(InfrastructureError, match="ended early"):
        measure.measure({"candidate": dead}, 5, 80, 4)


@pytest.mark.slow
def test_real_clocks_find_a_fifth_and_let_a_fiftieth_pass() -> None:
    assert set(verdicts(1.2, 3)) == {"fail"}
    assert "fail" not in verdicts(1.02, 3)


@pytest.mark.slow
def test_a_model_and_the_live_one_are_measured_in_turns(tmp_path: Path) -> None:
    folder = make_pipeline(tmp_path / "pipelines/tiny")
    digest = Store(tmp_path / ".mlops/bundles").put(make_bundle(tmp_path / "bundle", seed=9))
    params: dict[str, Any] = {"champion": digest, "repetitions": 5, "requests": 80, "batch": 16}
    context = StageContext(folder, "tiny", "measure", params)
    measure.run(context)
    report = json.loads((folder / "reports/serving.json").read_bytes())
    assert sorted(report["repetitions"]) == ["candidate", "champion"]
    for cells in report["repetitions"].values():
        assert all(len(column) == 5 and min(column) > 0 for column in cells.values())
        assert cells["latency_p50"] <= cells["latency_p99"]
        assert len(set(cells["size"])) == 1
    measure.run(replace(context, params={**params, "champion": None}))
    assert sorted(json.loads((folder / "reports/serving.json").read_bytes())["repetitions"]) == ["candidate"]
