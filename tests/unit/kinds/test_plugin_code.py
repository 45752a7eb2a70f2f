"""The example's code, called as stages call it."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from mlops.documents.data import ColumnReport, DataReport
from mlops.kinds.reference import load
from mlops.ml.data.sources import scan
from mlops.ml.evaluation.judging.data_quality import judge
from mlops.ml.evaluation.judging.rule import Rule
from mlops.ml.evaluation.metrics import compute
from mlops.ml.training import candidates
from mlops.ml.training.asked import Asked
from mlops.ml.training.problem import Problem
from mlops.ml.user_code.origin import Origin
from mlops.sources.source import Source
from tests.builders.plugins import install, seen
from tests.builders.training import binary, session

NOWHERE = Origin(Path(), "")


@pytest.fixture(autouse=True)
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path / "site")
    seen(tmp_path / "site", monkeypatch)
    load.cache_clear()
    for name in [name for name in sys.modules if name.partition(".")[0] == "acme_mlops"]:
        monkeypatch.delitem(sys.modules, name)


@pytest.mark.slow
def test_its_model_learns_and_is_exported() -> None:
    data = binary()
    candidate = candidates.build("wild", Asked(kind="acme_extra_trees", trees=5), Problem.of("binary", data), NOWHERE)
    fitted = candidate.fit(data, session())
    assert type(fitted.estimator).__name__ == "ExtraTreesClassifier"
    assert fitted.estimator.n_estimators == 5
    assert fitted.export()


def test_its_metric_measures() -> None:
    assert compute("acme_max_error", np.array([1.0, 2.0, 3.0]), np.array([1.5, 2.0, 0.0])) == 3.0


def test_its_rule_is_judged() -> None:
    rule = Rule(
        id="empty", metric="data_acme_columns_without_values", against="value", at_least=None, at_most=1, by=None
    )
    columns = tuple(ColumnReport(name=str(nulls), type="number", nulls=nulls) for nulls in (0, 2, 4))
    report = DataReport(rows=4, columns=columns)
    (result,) = judge((rule,), report, 0.95)
    said = "Acme columns without values: 2 (3 columns), but at most 1 is allowed"
    assert (result.verdict, result.sentence) == ("fail", said)


def test_its_source_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "shop" / "pipelines" / "churn"
    folder.mkdir(parents=True)
    (folder / "rows.jsonl").write_text('{"a": 1, "b": "x"}\n{"a": 2, "b": null}\n')
    frame = scan(Source(kind="acme_jsonl", path="rows.jsonl"), folder).collect()
    assert frame.columns == ["__row__", "a", "b"]
    assert frame["a"].to_list() == [1, 2]


@pytest.mark.slow
def test_the_examples_own_tests_pass(tmp_path: Path) -> None:
    import subprocess

    from tests.builders.plugins import EXAMPLE

    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", "tests"]
    environment = {"PYTHONPATH": str(tmp_path / "site"), "PYTHONDONTWRITEBYTECODE": "1", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, cwd=EXAMPLE, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
