"""The last grade: the gates, computed again from the recorded predictions, give the recorded verdict."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from mlops.operations.tracing.grades import replayed
from mlops.stages import gate
from tests.builders.evaluations import binary, gate_params, write_run
from tests.builders.repositories import commit

pytestmark = pytest.mark.slow
RULES = [
    {"id": "auroc-dummy", "metric": "auroc", "against": "dummy", "at_least": 0.05},
    {"id": "auroc", "metric": "auroc", "against": "value", "at_least": 0.8},
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository whose pipeline `visits` was judged, by commit."""
    folder = tmp_path / "pipelines/visits"
    context = write_run(folder, binary(800))
    section = gate_params(rules=RULES)
    gate.run(type(context)(folder, "visits", "gate", section))
    sections = {"gate": {**section, "code": "x", "libraries": {}}}
    (folder / "params.yaml").write_text(yaml.safe_dump(sections))
    (folder / ".gitignore").write_text("/artifacts\n")
    commit(tmp_path)
    return tmp_path


def said(root: Path) -> tuple[str, str, int]:
    found = replayed(root, "visits")
    return found.state, found.said, found.code


def test_what_comes_out_again_holds(root: Path) -> None:
    assert said(root) == ("holds", "pass, from the recorded predictions", 0)


def test_a_verdict_that_does_not_come_out_is_named(root: Path) -> None:
    path = root / "pipelines/visits/reports/gate.json"
    value = json.loads(path.read_text())
    value["rules"][1]["verdict"] = "fail"
    path.write_text(json.dumps(value))
    state = ("not looked at", "pipelines/visits/reports/gate.json has changes that are not committed", 0)
    assert said(root) == state
    commit(root, "Another verdict")
    assert said(root) == ("does not hold", "`auroc` comes out otherwise than it is recorded", 5)


def test_what_is_not_here_was_not_looked_at(root: Path) -> None:
    (root / "pipelines/visits/artifacts/evaluation/predictions.parquet").unlink()
    assert said(root) == ("not looked at", "visits: the predictions are not here", 0)
