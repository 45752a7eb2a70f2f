"""A kind whose library is not installed is told by `validate` and `doctor`, with the line to type, before training."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops.extras import EXTRAS
from mlops.operations.access.check import Check
from mlops.operations.access.installation import places
from mlops.operations.language.missing_extras import missing_extras
from mlops.operations.validate import validate
from mlops.operations.workspace import open_workspace
from tests.builders.repositories import make_repository

MESSAGE = "candidate boosted of kind `catboost` needs catboost, which is not installed here"
LINE = 'pip install "mlops-by-pull-request[catboost]"'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = make_repository(tmp_path)
    path = root / "conf/pipeline/churn.yaml"
    path.write_text(path.read_text() + "model: {boosted: {kind: catboost}}\n")
    return root


def test_it_is_a_warning_at_its_place_with_the_line_to_type(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EXTRAS, "catboost", {"catboost": "a_library_that_nobody_has"})
    (found,) = missing_extras(open_workspace(root))
    assert (found.message, found.hint, found.severity, found.rule) == (MESSAGE, LINE, "warning", "missing-extra")
    assert str(found.position).startswith("conf/pipeline/churn.yaml:")
    assert MESSAGE in [each.message for each in validate(root)[0]]
    assert Check("conf/pipeline/churn.yaml", "inconclusive", MESSAGE, LINE) in list(places(root))


def test_nothing_is_said_where_it_is_installed_or_nothing_trains(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(missing_extras(open_workspace(root))) == []
    monkeypatch.setitem(EXTRAS, "catboost", {"catboost": "a_library_that_nobody_has"})
    monkeypatch.setitem(EXTRAS, "train", {"torch": "a_library_that_nobody_has"})
    assert list(missing_extras(open_workspace(root))) == []


def test_a_cluster_needs_ray_where_it_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make_repository(tmp_path)
    path = root / "conf/pipeline/churn.yaml"
    path.write_text(path.read_text() + "trainer: {engine: ray}\n")
    monkeypatch.setitem(EXTRAS, "ray", {"ray": "a_library_that_nobody_has"})
    (found,) = missing_extras(open_workspace(root))
    assert found.message == "`engine: ray` needs ray, which is not installed here"
    assert found.hint == 'pip install "mlops-by-pull-request[ray]"'
    assert str(found.position).startswith("conf/pipeline/churn.yaml:")
