"""docs/api.md, typed by a program that activated no environment: an own model is trained, judged and asked."""

from __future__ import annotations

import doctest
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops import api
from tests.builders.small import small
from tests.conftest import ROOT

PAGE = (ROOT / "docs/api.md").read_text()


def block(name: str) -> str:
    (text,) = re.findall(rf"^```\w+ {name}\n(.*?)^```", PAGE, re.M | re.S)
    return str(text)


def test_its_table_has_every_name() -> None:
    table = PAGE.split("## The names\n")[1]
    assert (
        sorted(set(re.findall(r"`([A-Za-z_]+)`", table)) - {"task", "classes", "predict_rows", "decide"}) == api.__all__
    )


def test_of_a_model_it_promises_what_there_is() -> None:
    assert all(hasattr(api.Predictor, name) for name in ("task", "classes", "predict_rows", "decide"))


@pytest.fixture
def fresh() -> Iterator[None]:
    """Let `pipelines` be imported anew, here and by whoever comes after."""
    _forget()
    yield
    _forget()


def _forget() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "pipelines"]:
        del sys.modules[name]


@pytest.mark.slow
@pytest.mark.usefixtures("fresh")
def test_what_it_shows_is_what_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = small(tmp_path / "shop").root
    (root / "pipelines/churn/model.py").write_text(block("model"))
    (root / "conf/model").mkdir()
    (root / "conf/model/trees.yaml").write_text(block("kind").split("\n", 1)[1])
    pipeline = root / "conf/pipeline/churn.yaml"
    pipeline.write_text(pipeline.read_text().replace("/model: linear", "/model: trees"))
    (root / ".venv").unlink()
    monkeypatch.setenv("PATH", os.defpath)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")  # to make its database takes longer than the rest
    monkeypatch.chdir(root)
    monkeypatch.syspath_prepend(root)
    shown = "".join(re.findall(r"^```python\n(.*?)^```", PAGE, re.M | re.S))
    test = doctest.DocTestParser().get_doctest(shown, {}, "docs/api.md", "docs/api.md", 0)
    assert len(test.examples) > 10
    assert doctest.DocTestRunner().run(test).failed == 0
    assert '"trees"' in (root / "pipelines/churn/reports/training.json").read_text()
