"""A search in a repository that DVC runs: what it found stays there, and `mlops tune` asks for another."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

pytest.importorskip("optuna")

from tests.builders.small import small

pytestmark = pytest.mark.slow
TUNE = "\ntune: {trials: 3, space: {linear: {l2: {low: 0.01, high: 100.0, log: true}}}}\n"
REPORT = "pipelines/churn/reports/tuning.json"


def ended(done: subprocess.CompletedProcess[str]) -> subprocess.CompletedProcess[str]:
    assert done.returncode == 0, done.stderr
    return done


def test_what_was_found_stays_until_somebody_asks_again(tmp_path: Path) -> None:
    made = small(tmp_path / "shop")
    file = made.root / "conf/pipeline/churn.yaml"
    file.write_text(file.read_text() + TUNE)
    said = ended(made.mlops("tune", "churn"))
    assert "as the YAML has it" in said.stdout
    assert "tune: 3 of 3 trials: linear" in said.stderr
    report = (made.root / REPORT).read_bytes()

    told = ended(made.run("dvc", "repro", "--force", "--single-item", "pipelines/churn/dvc.yaml:tune"))
    assert "tune: kept what was found before: 3 trials of linear" in told.stdout + told.stderr
    assert (made.root / REPORT).read_bytes() == report

    (made.root / REPORT).unlink()
    again = ended(made.mlops("tune", "churn", "-o", "json"))
    assert "tune: 3 of 3 trials: linear" in again.stderr
    assert json.loads(again.stdout) == json.loads(report)
    assert (made.root / REPORT).read_bytes() == report

    file.write_text(file.read_text().replace(TUNE, ""))
    done = made.mlops("tune", "churn")
    assert done.returncode == 4
    assert "churn has no `tune:`" in done.stderr
