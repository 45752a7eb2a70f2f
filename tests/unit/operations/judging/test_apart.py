"""Own metrics in a process of their own: the same numbers, and nothing else that they did comes through."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mlops import verdict
from mlops.ml.evaluation.judging.own_metrics import OwnMetric, measure
from mlops.ml.evaluation.predictions import Predictions
from mlops.ml.evaluation.row_losses import RowLosses
from mlops.operations.judging import apart
from mlops.operations.judging.apart import measure_apart
from mlops.operations.processes import confined

pytestmark = pytest.mark.slow
SCORES = {"candidate": np.array([0.1, 0.9, 0.4, 0.7]), "dummy": np.full(4, 0.5)}
ASKED = Predictions("binary", np.array([7, 3, 9, 1]), np.array([0, 1, 0, 1]), SCORES, {})
OPEN = """\
import sys
from mlops.operations.judging import apart

apart.version = lambda: 0
apart.main(*sys.argv[1:])
"""
"""The same process without its guard."""
LOSS = """\
import os
import numpy as np

def loss(target, score, power=1):
    {body}
    return np.abs(target - score) ** power
"""


def asked(folder: Path, body: str = "pass") -> dict[str, OwnMetric]:
    code = folder / "pipelines/churn"
    code.mkdir(parents=True)
    (code / "own.py").write_text(LOSS.format(body=body))
    return {"loss": OwnMetric("pipelines.churn.own:loss", "lower", {"power": 2})}


def test_the_numbers_are_those_of_asking_here_in_the_order_of_the_rows(tmp_path: Path) -> None:
    metrics = asked(tmp_path)
    here, there = (way(ASKED, metrics, tmp_path, "churn")["loss"] for way in (measure, measure_apart))
    assert here.problems == there.problems == {}
    assert {model: values.tolist() for model, values in there.values.items()} == {
        model: values.tolist() for model, values in here.values.items()
    }


def test_it_knows_no_token_and_changes_nothing_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked in this process, the same code answers for the judge from then on."""
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    monkeypatch.setattr(verdict, "verdict", verdict.verdict)
    body = "import mlops.verdict; mlops.verdict.verdict = os.environ.get('GITHUB_TOKEN', 'none')"
    metrics, before = asked(tmp_path, body), verdict.verdict
    assert measure_apart(ASKED, metrics, tmp_path, "churn")["loss"].problems == {}
    assert verdict.verdict is before
    measure(ASKED, metrics, tmp_path, "churn")
    assert str(verdict.verdict) == os.environ["GITHUB_TOKEN"]


@pytest.mark.parametrize(
    "body",
    [
        "os._exit(0)",
        "open('answer.parquet', 'w').write('nothing'); os._exit(0)",
        "import shutil; shutil.copyfile('predictions.parquet', 'answer.parquet'); os._exit(0)",
    ],
)
def test_what_ends_without_an_answer_gives_none(body: str, tmp_path: Path) -> None:
    found = measure_apart(ASKED, asked(tmp_path, body), tmp_path, "churn")["loss"]
    said = "`loss` gives no answer: its process ended before"
    assert found == RowLosses({}, {"candidate": said, "dummy": said})


@pytest.mark.skipif(not confined.version(), reason="this kernel has no Landlock")
@pytest.mark.parametrize(
    "body",
    ["open({parent!r}).read()", "open({outside!r}, 'w')", "import socket; socket.create_connection(('127.0.0.1', 1))"],
)
def test_the_kernel_shuts_it_in(body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it, the environment of who judges can be read, a token in it too, and files of his be written."""
    body = body.format(parent=f"/proc/{os.getpid()}/environ", outside=str(tmp_path / "outside"))
    metrics = asked(tmp_path, body)
    found = measure_apart(ASKED, metrics, tmp_path, "churn")["loss"]
    assert found.problems["candidate"] == "`loss` fails: pipelines/churn/own.py:5: PermissionError"
    monkeypatch.setattr(apart, "_COMMAND", ("-P", "-c", OPEN))
    freed = measure_apart(ASKED, metrics, tmp_path, "churn")["loss"].problems
    assert "PermissionError" not in str(freed)


def test_in_ci_nothing_is_measured_where_the_kernel_cannot_shut_it_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "version", lambda: 0)
    metrics = asked(tmp_path)
    assert measure_apart(ASKED, metrics, tmp_path, "churn")["loss"].problems == {}
    monkeypatch.setenv("CI", "true")
    found = measure_apart(ASKED, metrics, tmp_path, "churn")["loss"]
    said = "`loss` is not measured: the kernel of this machine has no Landlock, which shuts it in"
    assert found == RowLosses({}, {"candidate": said, "dummy": said})


def test_an_answer_about_other_rows_or_without_numbers_is_none(tmp_path: Path) -> None:
    wrong = {"loss": RowLosses({"candidate": np.array([0.0, np.nan, 0.0, 0.0]), "dummy": np.zeros(4)})}
    for rows, model in ((ASKED.rows, "dummy"), (ASKED.rows + 1, None)):
        folder = tmp_path / f"of-{model}"
        forged = folder / "pipelines/churn/forged.parquet"
        metrics = asked(folder, f"import shutil; shutil.copyfile({str(forged)!r}, 'answer.parquet'); os._exit(0)")
        replace(ASKED, rows=rows, own=wrong).write(forged)
        found = measure_apart(ASKED, metrics, folder, "churn")["loss"]
        assert list(found.values) == ([] if model is None else [model])
