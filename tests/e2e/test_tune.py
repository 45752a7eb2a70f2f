"""A search in a repository that DVC runs: the first run searches, no other does, `mlops tune` asks for another."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("optuna")

from tests.builders.clones import Clone
from tests.builders.repositories import commit, git
from tests.builders.small import small

pytestmark = pytest.mark.slow
TUNE = "\ntune: {trials: 3, space: {linear: {l2: {low: 0.01, high: 100.0, log: true}}}}\n"
REPORT = "pipelines/churn/reports/tuning.json"


def judged(made: Clone, *arguments: str) -> str:
    """Run a verb that may end with the verdict of so small a model; gives what it said."""
    done = made.mlops(*arguments)
    assert done.returncode in (0, 2, 7), done.stderr
    return done.stderr


def test_a_pipeline_is_searched_once_and_again_where_it_is_asked_for(tmp_path: Path) -> None:
    made = small(tmp_path / "shop")
    file, data = made.root / "conf/pipeline/churn.yaml", made.root / "pipelines/churn/data/churn.csv"
    file.write_text(file.read_text() + TUNE)
    said = judged(made, "run", "churn")
    assert "tune: trial 3 of 3: linear" in said
    report = (made.root / REPORT).read_bytes()
    page = (made.root / "pipelines/churn/reports/report.html").read_text()
    assert "Search for parameters" in page
    commit(made.root)

    data.write_text(data.read_text() + "33,free,false\n44,paid,false\n")
    said = judged(made, "run", "churn")
    assert "tune: kept what was found before: 3 trials of linear" in said
    assert "tune: the rows moved since it was searched: mlops tune churn searches again" in said
    assert (made.root / REPORT).read_bytes() == report
    assert git(made.root, "status", "--porcelain", "--", REPORT) == ""

    done = made.mlops("tune", "churn", "-o", "json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert len(found["trials"]) == 3
    assert found["data"] != json.loads(report)["data"]
    assert json.loads((made.root / REPORT).read_bytes()) == found
    assert "kept what was found" not in judged(made, "run", "churn")
    assert made.mlops("verify", "churn").returncode == 0

    file.write_text(file.read_text().replace(TUNE, ""))
    done = made.mlops("tune", "churn")
    assert done.returncode == 4
    assert "churn has no `tune:`" in done.stderr
