"""Small learning problems, and the folder in which the train stage finds one."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlops.blocks.trainer import Trainer
from mlops.ml.evaluation import metrics
from mlops.ml.training.problem import Examples
from mlops.ml.training.session import Judge, Session
from mlops.ml.user_code.origin import Origin
from mlops.stages.context import StageContext, Tracking

needs_catboost = pytest.mark.skipif(find_spec("catboost") is None, reason="the extra `catboost` is not installed")
needs_keras = pytest.mark.skipif(find_spec("keras") is None, reason="the extra `keras` is not installed")
NOWHERE = Origin(Path(), "churn")
AUROC = Judge("auroc", True, lambda y, score: metrics.compute("auroc", y, score))
RMSE = Judge("rmse", False, lambda y, score: metrics.compute("rmse", y, score))
ACCURACY = Judge("accuracy", True, lambda y, score: metrics.compute("accuracy", y, score))


def binary(rows: int = 300, columns: int = 6) -> Examples:
    """A class that depends on the first two columns, with noise."""
    random = np.random.default_rng(1)
    x = random.standard_normal((rows * 2, columns), dtype=np.float32)
    y = (x[:, 0] - x[:, 1] + 0.5 * random.standard_normal(len(x)) > 0).astype(np.int64)
    return Examples(x[:rows], y[:rows], x[rows:], y[rows:])


def regression(rows: int = 300) -> Examples:
    """A number of the order of a thousand."""
    found = binary(rows)
    random = np.random.default_rng(2)

    def target(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        noise = random.standard_normal(len(x), dtype=np.float32)
        return (1000 + 200 * x[:, 0] + 50 * x[:, 1] ** 2 + 10 * noise).astype(np.float32)

    return Examples(found.train_x, target(found.train_x), found.validation_x, target(found.validation_x))


def images(rows: int = 150) -> Examples:
    """Noise of 1 x 8 x 8 with a bright quarter: top left, top right or bottom left."""
    random = np.random.default_rng(3)
    x = random.random((rows * 2, 1, 8, 8), dtype=np.float32) / 2
    y = random.integers(0, 3, len(x))
    for row, corner in enumerate(y):
        x[row, 0, 4 * (corner // 2) :, 4 * (corner % 2) :][:4, :4] += 0.4
    return Examples(x[:rows], y[:rows].astype(np.int64), x[rows:], y[rows:].astype(np.int64))


def session(judge: Judge = AUROC, folder: Path | None = None, **options: Any) -> Session:
    """A session of a few small epochs."""
    trainer = Trainer(**{"max_epochs": 4, "batch_size": 32} | options)
    return Session("net", 5, judge, trainer, folder)


def train_params(**changes: Any) -> dict[str, Any]:
    """A `train` section with one small network and one estimator."""
    return {
        "task": "binary",
        "seed": 0,
        "select_by": "auroc",
        "candidates": {
            "linear": {"kind": "linear"},
            "net": {"kind": "mlp", "hidden": [8], "dropout": 0.2, "lr": 0.01},
        },
        "trainer": {"max_epochs": 4, "batch_size": 32},
        "pipeline": "churn",
        "code": "0123456789abcdef",
        "libraries": {"torch": "2.13.0"},
        **changes,
    }


def write_features(root: Path, examples: Examples, tracking: Tracking | None = None, **changes: Any) -> StageContext:
    """Lay out a pipeline's folder up to its train stage."""
    folder = root / "pipelines" / "churn"
    features = folder / "artifacts" / "features"
    features.mkdir(parents=True, exist_ok=True)
    for name in ("train_x", "train_y", "validation_x", "validation_y"):
        np.save(features / f"{name}.npy", getattr(examples, name), allow_pickle=False)
    return StageContext(folder, "churn", "train", train_params(**changes), tracking)


def bent(rows: int = 400, seed: int = 4) -> Examples:
    """A number of about 0 that lines and trees each know one half of: two slopes, and steps."""
    random = np.random.default_rng(seed)
    x = random.standard_normal((rows * 2, 6), dtype=np.float32)
    noise = 0.5 * random.standard_normal(len(x), dtype=np.float32)
    y = (2 * x[:, 0] + x[:, 1] + 2 * (x[:, 2] > 0) * (x[:, 3] > 0) + noise).astype(np.float32)
    return Examples(x[:rows], y[:rows], x[rows:], y[rows:])
