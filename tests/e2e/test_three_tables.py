"""examples/three-tables, as somebody who copies it runs it: compiled, learnt, judged, and asked."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mlops.configuration.load import load_pipeline
from mlops.configuration.reading.library import Configuration
from tests.builders.examples import copied
from tests.builders.three_tables import tables
from tests.conftest import ROOT

EXAMPLE = ROOT / "examples/three-tables"
ROW = {"ordered": "2025-10-01T12:00:00Z", "since": "2025-06-01", "price": 80.0, "quantity": 3}
ROW |= {"product": "p03", "region": "North"}
ASK = """
import json, sys
from pathlib import Path
from mlops.bundle.predictor import Predictor
from mlops.serve.bad_request import BadRequest
from mlops.serve.invocations import answer

predictor = Predictor.open(Path(sys.argv[1]))
for row in json.loads(sys.argv[2]):
    try:
        print(answer(predictor, json.dumps({"dataframe_records": [row]}).encode()).decode())
    except BadRequest as error:
        print(json.dumps([problem.problem for problem in error.problems]))
print(json.dumps(sorted({"polars", "pyarrow", "duckdb", "pandas"} & set(sys.modules))))
"""


def test_its_tables_are_those_that_are_made_and_its_yaml_is_short_and_sound() -> None:
    folder = EXAMPLE / "pipelines/returns/data"
    assert {path.name: path.read_text() for path in folder.iterdir()} == tables()
    assert len((EXAMPLE / "conf/pipeline/returns.yaml").read_text().splitlines()) <= 25
    assert list(EXAMPLE.rglob("*.py")) == []
    loaded, problems = load_pipeline(Configuration(EXAMPLE), "returns")
    assert problems == ()
    assert loaded is not None


@pytest.mark.long
def test_it_is_learnt_judged_and_served(tmp_path: Path) -> None:
    made = copied(EXAMPLE, tmp_path)
    assert (done := made.mlops("run", "returns")).returncode == 0, done.stderr
    assert "0 of 1,200 rows find nothing in data/prices.csv" in done.stderr
    folder = tmp_path / "pipelines/returns"
    data = json.loads((folder / "reports/data.json").read_text())
    assert data["where"] == {"rows": 1044, "of": 1200}
    assert [each["table"] for each in data["joined"]] == ["data/customers.csv", "data/prices.csv"]
    assert "1,044 of 1,200 rows kept by" in (folder / "reports/report.html").read_text()
    lock = (folder / "dvc.lock").read_text()
    assert all(f"path: data/{name}\n" in lock for name in tables())
    _asked(folder / "artifacts/bundle")


def _asked(bundle: Path) -> None:
    rows = [ROW, {**ROW, "since": "2021-01-01", "price": 5.0}, {**ROW, "quantity": 0}]
    command = [sys.executable, "-c", ASK, str(bundle), json.dumps(rows)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    dear, cheap, none, heavy = map(json.loads, done.stdout.splitlines())
    assert dear["predictions"][0] > 0.8
    assert cheap["predictions"][0] < 0.2
    assert none == ["is none of the rows that the model is for: quantity > 0"]
    assert heavy == []
