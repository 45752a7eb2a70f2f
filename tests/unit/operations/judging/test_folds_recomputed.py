"""Folds are dealt again by who judges: evidence of another member than a row's fold says is named."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest

from mlops.cli.main import run
from mlops.errors import IntegrityError
from mlops.ml.data.folds import FILE
from mlops.ml.evaluation.predictions import Predictions
from mlops.operations.judging import replay
from mlops.operations.judging.recompute import recomputed
from tests.builders.once import once
from tests.builders.repositories import edit
from tests.builders.trained import in_this_process, relock, trained_shop

pytestmark = pytest.mark.slow

CHURN = "pipelines/churn"
STAGES = ("split", "features", "train", "bundle", "evaluate", "gate")


def _folded(folder: Path) -> None:
    root = shutil.copytree(trained_shop(), folder / "work", symlinks=True)
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(root)
        edit(root, "conf/pipeline/churn.yaml", "{by: stratified}", "{by: stratified, folds: 5}")
        assert run(["compile"]) == 0
    assert in_this_process(root / CHURN, STAGES, folder / "log") == 0
    relock(root)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A shop whose model has five members; stages are made again in this process."""
    monkeypatch.setattr(replay, "run_again", in_this_process)
    return shutil.copytree(once("folded", _folded) / "work", tmp_path / "work", symlinks=True)


def test_evidence_of_folds_is_what_comes_out_again(shop: Path) -> None:
    with recomputed(shop, "churn") as found:
        assert found.compared
        assert len(found.predictions) == 500
        assert found.predictions.folds is not None


def test_a_member_that_has_seen_the_row_is_no_evidence_although_the_lock_was_told_to_agree(shop: Path) -> None:
    place = shop / CHURN / "artifacts/split" / FILE
    dealt = pl.read_parquet(place)
    place.unlink()
    dealt.with_columns(fold=((pl.col("fold") + 1) % 5).cast(pl.UInt8)).write_parquet(place)
    assert in_this_process(shop / CHURN, ("evaluate", "gate"), shop / "log") == 0
    assert Predictions.read(shop / CHURN / "artifacts/evaluation/predictions.parquet").folds is not None
    relock(shop)
    with pytest.raises(IntegrityError) as raised, recomputed(shop, "churn"):
        pass
    said = raised.value.message
    assert "\n  artifacts/split has other rows than dvc.lock names\n" in said
    assert "\n  the fold of 500 of 500 rows is another\n" in said
    assert "\n  the score of candidate of " in said
