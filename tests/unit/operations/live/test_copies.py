"""The registry's copy of what is live is replaced from another one, and reconciling points the aliases there."""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from mlops.errors import InfrastructureError
from mlops.operations.live.copies import repair_copies
from mlops.operations.releasing.reconcile import reconcile
from mlops.operations.releasing.show import show
from mlops.release import replaced
from mlops.release.mlmodel import Made
from mlops.release.published import present
from tests.builders.flipped import flip, read
from tests.builders.released import Shop, make_released

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    made = make_released(tmp_path_factory.mktemp("released"))
    made.say("staging", made.first)
    return made


@pytest.fixture(autouse=True)
def _at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def live(shop: Shop) -> str:
    """Bring staging up to date, and name the version that is live there."""
    (row,) = reconcile(shop.root, "staging").rows
    assert row.code == 0, row.problem
    with shop.client() as client:
        return str(client.get_model_version_by_alias("tiny", "staging").version)


def place_of(shop: Shop, version: str) -> Path:
    return Path(read(shop.root / ".mlops/mlflow.db", "model_versions", "source", f"version = {version}"))


def _swap(shop: Shop, version: str) -> None:
    flip(place_of(shop, version) / "bundle/model.onnx")


def _load_otherwise(shop: Shop, version: str) -> None:
    flip(place_of(shop, version) / f"code/{present()}/predictor.py")
    (place_of(shop, version) / "code/numpy.py").write_text("x")


def _move(shop: Shop, version: str) -> None:
    with closing(sqlite3.connect(shop.root / ".mlops/mlflow.db")) as rows, rows:
        rows.execute("UPDATE model_versions SET source = 'elsewhere' WHERE version = ?", (version,))


@pytest.mark.parametrize("poison", [_swap, _load_otherwise, _move], ids=["swapped", "loader", "moved"])
def test_a_copy_that_is_not_the_bundle_is_replaced(poison: Callable[[Shop, str], None], shop: Shop) -> None:
    before = live(shop)
    assert [item.bytes for item in show(shop.root).live] == ["not read"]
    assert [item.bytes for item in show(shop.root, whole=True).live] == ["read"]
    poison(shop, before)
    (row,) = reconcile(shop.root, "staging", dry=True).rows
    assert (row.code, show(shop.root, whole=True).code) == (5, 5)
    (done,) = repair_copies(shop.root, "tiny")
    assert (done.version, done.bundle) == (before, shop.first)
    assert done.problem.startswith("tiny: MLflow's copy of ")
    after = live(shop)
    assert after == done.by != before
    assert repair_copies(shop.root, "tiny") == ()
    assert show(shop.root, whole=True).code == 0


def test_a_version_that_carries_no_loader_is_live_and_replaced_by_one_that_does(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever registered before loaders travelled reconciles, shows and repairs as before."""
    _swap(shop, live(shop))
    here = Made.here()
    with monkeypatch.context() as earlier:
        earlier.setattr(Made, "here", lambda: dataclasses.replace(here, loader=""))
        repair_copies(shop.root, "tiny")
    old = live(shop)
    assert not (place_of(shop, old) / "code").exists()
    assert show(shop.root, whole=True).code == 0
    flip(place_of(shop, old) / "MLmodel")
    repair_copies(shop.root, "tiny")
    assert (place_of(shop, live(shop)) / "code" / present()).is_dir()


def test_a_repair_that_was_cut_short_is_finished_by_the_next(shop: Shop) -> None:
    before = live(shop)
    with shop.client() as client:
        replaced.set_aside(client, client.get_model_version("tiny", before), shop.first)
    (done,) = repair_copies(shop.root, "tiny")
    assert (done.version, done.bundle, done.problem) == (before, shop.first, "")
    assert live(shop) == done.by


def test_without_another_copy_nothing_is_changed(shop: Shop, tmp_path: Path) -> None:
    before = live(shop)
    _swap(shop, before)
    kept = shop.store().place(shop.first)
    kept.rename(tmp_path / "kept")
    with pytest.raises(InfrastructureError):
        repair_copies(shop.root, "tiny")
    (tmp_path / "kept").rename(kept)
    with shop.client() as client:
        assert client.get_model_version("tiny", before).tags["mlops.bundle"] == shop.first
    _swap(shop, before)
