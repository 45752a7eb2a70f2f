"""examples/images, as somebody who copies it runs it: compiled, learnt, judged, and asked."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mlops.configuration.load import load_pipeline
from mlops.configuration.reading.library import Configuration
from mlops.pictures.decoding import decode
from tests.builders.examples import copied
from tests.builders.shapes import EACH, SHAPES, pictures
from tests.conftest import ROOT

EXAMPLE = ROOT / "examples/images"
FOLDER = "pipelines/shapes/data/shapes"
ASK = """
import json, sys
from pathlib import Path
from mlops.bundle.predictor import Predictor
from mlops.serve.bad_request import BadRequest
from mlops.serve.invocations import answer

predictor = Predictor.open(Path(sys.argv[1]))
for row in json.loads(sys.stdin.read()):
    try:
        print(answer(predictor, json.dumps({"dataframe_records": [row]}).encode()).decode())
    except BadRequest as error:
        print(json.dumps([problem.problem for problem in error.problems]))
print(json.dumps(sorted({"polars", "pyarrow", "duckdb", "pandas"} & set(sys.modules))))
"""


def test_its_pictures_are_those_that_are_drawn_and_its_yaml_is_short_and_sound() -> None:
    found = {
        path.relative_to(EXAMPLE / FOLDER).as_posix(): decode(path.read_bytes(), (1, 20, 20)).pixels
        for path in (EXAMPLE / FOLDER).rglob("*.png")
    }
    assert found == {name: pixels.tobytes() for name, pixels in pictures().items()}
    assert sum(path.stat().st_size for path in EXAMPLE.rglob("*.png")) < 300_000
    assert len((EXAMPLE / "conf/pipeline/shapes.yaml").read_text().splitlines()) <= 25
    assert list(EXAMPLE.rglob("*.py")) == []
    loaded, problems = load_pipeline(Configuration(EXAMPLE), "shapes")
    assert problems == ()
    assert loaded is not None


@pytest.mark.long
def test_it_is_learnt_judged_and_served(tmp_path: Path) -> None:
    made = copied(EXAMPLE, tmp_path)
    assert (done := made.mlops("run", "shapes")).returncode == 0, done.stderr
    folder = tmp_path / "pipelines/shapes"
    data = json.loads((folder / "reports/data.json").read_text())
    assert data["rows"] == EACH * len(SHAPES)
    assert {"picture.brightness", "picture.contrast", "picture.width"} <= {each["name"] for each in data["columns"]}
    metrics = json.loads((folder / "reports/metrics.json").read_text())
    assert set(metrics["robustness"]) == {"noise", "brightness", "shift"}
    assert [each["by"] for each in metrics["slices"]] == ["picture.contrast"] * 2
    assert metrics["models"]["candidate"]["accuracy"]["value"] > 0.6
    assert "path: data/shapes\n" in (folder / "dvc.lock").read_text()
    _asked(folder / "artifacts/bundle")


def _asked(bundle: Path) -> None:
    """Ask with a file, with the same pixels in both forms, and with what is no picture; all that is right is equal."""
    name, pixels = next((name, pixels) for name, pixels in pictures().items() if name.startswith("cross"))
    file = base64.b64encode((EXAMPLE / FOLDER / name).read_bytes()).decode()
    sent = [file, f"data:image/png;base64,{file}", pixels.tolist(), [pixels.tolist()], "no picture"]
    command = [sys.executable, "-c", ASK, str(bundle)]
    rows = json.dumps([{"picture": each} for each in sent])
    done = subprocess.run(command, input=rows, capture_output=True, text=True, check=True)
    *answers, refused, heavy = map(json.loads, done.stdout.splitlines())
    assert all(answer == answers[0] for answer in answers)
    assert int(np.argmax(answers[0]["predictions"][0])) == SHAPES.index("cross")
    assert refused == [
        "must be a file (PNG, JPEG, GIF, BMP, WEBP) in base64, or pixels from 0 to 255, 1 x 20 x 20: it is no base64"
    ]
    assert heavy == []
