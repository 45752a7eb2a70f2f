"""Texts, pictures, numbers as they are, LightGBM and XGBoost in folds, with `refit` and with an `objective`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from mlops.bundle.predictor import Predictor
from mlops.ml.data.folds import Folds
from mlops.ml.evaluation.predictions import Predictions
from mlops.stages.tables import scored
from tests.builders.staged import Staged, staged
from tests.builders.texts import table as reviews
from tests.unit.stages.test_pictures import IMAGES
from tests.unit.stages.test_pictures import table as pictures

pytestmark = pytest.mark.slow

KINDS: dict[str, dict[str, Any]] = {
    "linear": {"kind": "linear"},
    "lightgbm": {"kind": "lightgbm", "trees": 60, "lr": 0.2, "min_leaf": 5},
    "xgboost": {"kind": "xgboost", "trees": 60, "lr": 0.2},
    "mlp": {"kind": "mlp", "hidden": [16], "lr": 0.02},
    "cnn": {"kind": "cnn", "channels": [8], "hidden": 16, "image": "photo", "lr": 0.01},
}
WAYS: dict[str, dict[str, Any]] = {
    "folds": {"split": {"by": "stratified", "folds": 3}},
    "refit": {"train": {"refit": ["one"]}},
    "objective": {"train": {"objective": {"class_weight": "balanced", "calibrate": "temperature"}}},
}
TEXT = {
    "validate": {"columns": {"review": {"type": "text"}}},
    "features": {"text": {"min_count": 2}, "groups": ["codes", "numbers", "text:*"]},
}
BESIDE = {"features": {"groups": ["codes", "numbers"]}}


def towns(rows: int = 540) -> pl.DataFrame:
    """Towns in no order and a number that is missing in some rows: what is missing says something."""
    draw = np.random.default_rng(0)
    town, number, gone = draw.integers(0, 12, rows), draw.normal(size=rows), draw.random(rows) < 0.25
    pull = np.isin(town, [1, 4, 7]) * 2.0 + 1.5 * gone + np.where(gone, 0, number) + draw.normal(0, 0.5, rows)
    return pl.DataFrame(
        {
            "town": [f"town {each}" for each in town],
            "number": pl.Series(np.where(gone, np.nan, number)).fill_nan(None),
            "y": pull > 1,
        }
    )


def made(folder: Path, table: pl.DataFrame, kind: str, *asked: dict[str, Any]) -> Staged:
    sections: dict[str, Any] = {"train": {"candidates": {"one": KINDS[kind]}, "trainer": {"max_epochs": 12}}}
    for each in asked:
        for stage, more in each.items():
            sections[stage] = sections.get(stage, {}) | more
    return staged(folder, table, "binary", **sections)


def held(done: Staged, least: float) -> None:
    """The evidence is what is served, of folds by the member that has not seen a row, and finds what there is."""
    found = Predictions.read(done.folder / "artifacts/evaluation/predictions.parquet")
    rows = pl.read_parquet(done.folder / "artifacts/split/test.parquet").sort("__row__")
    predictor = Predictor.open(done.folder / "artifacts/bundle")
    answers = scored(predictor, rows, Folds.read(done.folder / "artifacts/split"))
    assert found.score.tobytes() == answers.astype(found.score.dtype).tobytes()
    assert roc_auc_score(found.target, found.score) > least


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ["linear", "lightgbm", "mlp"])
def test_words_teach_every_kind_in_every_way(tmp_path: Path, kind: str, way: str) -> None:
    if (kind, way) == ("mlp", "refit"):
        pytest.skip("networks learn once")
    held(made(tmp_path, reviews(540), kind, TEXT, WAYS[way]), 0.8)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ["lightgbm", "xgboost"])
def test_trees_learn_from_codes_and_gaps_in_every_way(tmp_path: Path, kind: str, way: str) -> None:
    held(made(tmp_path, towns(), kind, BESIDE, WAYS[way]), 0.8)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ["linear", "lightgbm", "cnn"])
def test_pictures_teach_in_every_way(tmp_path: Path, kind: str, way: str) -> None:
    if (kind, way) == ("cnn", "refit"):
        pytest.skip("networks learn once")
    asked = {
        "validate": {"keys": ["file"], "images": IMAGES},
        "features": {"groups": ["codes", "image:photo", "numbers"]},
    }
    held(made(tmp_path, pictures(540), kind, asked, WAYS[way]), 0.8)
