"""examples/text, as somebody who copies it runs it: compiled, learnt, judged, and asked."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from mlops.configuration.load import load_pipeline
from mlops.configuration.reading.library import Configuration
from tests.builders import summaries
from tests.builders.examples import copied
from tests.conftest import ROOT

EXAMPLE = ROOT / "examples/text"
DATA = EXAMPLE / "pipelines/summaries/data/summaries.csv"
ROWS = [
    {"arguments": 4, "summary": "Compute the eigenvalues of a symmetric banded matrix."},
    {"arguments": 3, "summary": "Design a low-pass filter; return its frequency response."},
    {"arguments": 2, "summary": 'Test whether two samples have "the same" distribution,\nand give the p-value.'},
]
ASK = """
import json, sys
from pathlib import Path
from mlops.bundle.predictor import Predictor
from mlops.serve.invocations import answer

predictor = Predictor.open(Path(sys.argv[1]))
found = json.loads(answer(predictor, json.dumps({"dataframe_records": json.loads(sys.argv[2])}).encode()))
print(json.dumps([predictor.classes[row.index(max(row))] for row in found["predictions"]]))
print(json.dumps(sorted({"polars", "pyarrow", "duckdb", "pandas", "sklearn", "scipy"} & set(sys.modules))))
"""


def test_its_yaml_is_short_and_sound_and_its_texts_are_said_to_be_whose_they_are() -> None:
    assert len((EXAMPLE / "conf/pipeline/summaries.yaml").read_text().splitlines()) <= 25
    assert list(EXAMPLE.rglob("*.py")) == []
    loaded, problems = load_pipeline(Configuration(EXAMPLE), "summaries")
    assert problems == ()
    assert loaded is not None
    with DATA.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) >= 600
    assert {row["part"] for row in rows} == {*summaries.PARTS}
    assert "BSD-3-Clause" in (EXAMPLE / "README.md").read_text()


@pytest.mark.slow
def test_its_texts_are_those_of_the_scipy_that_it_names() -> None:
    named = re.search(r"SciPy (\d+\.\d+\.\d+)", (EXAMPLE / "README.md").read_text())
    assert named is not None
    if version("scipy") == named[1]:  # another release says other things of itself
        assert summaries.table() == DATA.read_text(encoding="utf-8")


@pytest.mark.long
def test_it_is_learnt_judged_and_served(tmp_path: Path) -> None:
    made = copied(EXAMPLE, tmp_path)
    assert (done := made.mlops("run", "summaries")).returncode == 0, done.stderr
    bundle = tmp_path / "pipelines/summaries/artifacts/bundle"
    command = [sys.executable, "-c", ASK, str(bundle), json.dumps(ROWS)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    answered, heavy = map(json.loads, done.stdout.splitlines())
    assert answered == ["linalg", "signal", "stats"]
    assert heavy == []
