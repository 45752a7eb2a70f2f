"""Predictions as values: made up, but with a known truth."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.blocks.bootstrap import Bootstrap
from mlops.files.canonical import digest_file, dumps, rounded
from mlops.ml.evaluation.predictions import Predictions
from mlops.ml.evaluation.studies.curves import plots, to_csv
from mlops.ml.evaluation.summary import summarise
from mlops.stages.context import StageContext

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def probabilities(y: NDArray[Any], strength: float, seed: int = 0) -> NDArray[np.float64]:
    """Score rows so that positives come out higher by `strength` standard deviations."""
    noise = np.random.default_rng(seed).normal(size=len(y))
    return 1 / (1 + np.exp(-(strength * (y - 0.5) + noise)))


def binary(rows: int = 1000, *, champion: bool = False, grouped: bool = False, seed: int = 0) -> Predictions:
    """A fair classifier (AUROC about 0.86), slices a (90 %) and b, and a champion a little worse when asked."""
    random = np.random.default_rng(seed)
    y = (random.random(rows) < 0.4).astype(np.int64)
    scores = {
        "candidate": probabilities(y, 1.5, seed),
        "dummy": np.full(rows, 0.4),
        "simple": probabilities(y, 0.8, seed + 1),
    }
    if champion:
        scores["champion"] = np.clip(scores["candidate"] + random.normal(scale=0.05, size=rows), 0, 1)
    return Predictions(
        task="binary",
        rows=np.arange(rows),
        target=y,
        scores=scores,
        slices={"site": np.where(random.random(rows) < 0.9, "a", "b").astype(object)},
        groups=random.integers(0, max(1, rows // 3), rows) if grouped else None,
        classes=("0", "1"),
        champion="sha256:" + "c" * 64 if champion else None,
    )


def multiclass(rows: int = 600, classes: int = 3, seed: int = 0) -> Predictions:
    """Three classes, told apart most of the time."""
    random = np.random.default_rng(seed)
    y = random.integers(0, classes, rows)
    logits = random.normal(size=(rows, classes)) + 2.5 * np.eye(classes)[y]
    score = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    scores = {"candidate": score, "dummy": np.full((rows, classes), 1 / classes)}
    return Predictions("multiclass", np.arange(rows), y, scores, {}, classes=tuple("abc"[:classes]))


def regression(rows: int = 500, seed: int = 0) -> Predictions:
    """A number that the candidate knows up to noise."""
    random = np.random.default_rng(seed)
    y = random.normal(100, 20, rows)
    scores = {
        "candidate": y + random.normal(0, 8, rows),
        "dummy": np.full(rows, 100.0),
        "simple": y + random.normal(0, 12, rows),
    }
    return Predictions("regression", np.arange(rows), y, scores, {})


def with_scores(predictions: Predictions, **scores: NDArray[Any]) -> Predictions:
    """Exchange the scores of some models."""
    return replace(predictions, scores={**predictions.scores, **scores})


def without(predictions: Predictions, model: str) -> Predictions:
    """Take a model's scores away."""
    return replace(predictions, scores={name: score for name, score in predictions.scores.items() if name != model})


RULES: list[dict[str, Any]] = [
    {"id": "auroc", "metric": "auroc", "against": "value", "at_least": 0.8},
    {"id": "auroc-champion", "metric": "auroc", "against": "champion", "at_least": -0.02},
    {"id": "auroc-dummy", "metric": "auroc", "against": "dummy", "at_least": 0.05},
    {"id": "auroc-site", "metric": "auroc", "against": "value", "at_least": 0.6, "by": "site"},
]


def gate_params(**changes: Any) -> dict[str, Any]:
    """The `gate` section for `binary()`."""
    section = {"task": "binary", "group": None, "bootstrap": {"samples": 300}, "minimum_rows": 30, "rules": RULES}
    return section | changes


def write_run(folder: Path, predictions: Predictions, metrics: tuple[str, ...] = ("auroc", "log_loss")) -> StageContext:
    """Leave what evaluate and the stages before it leave, and give the context of the gate."""
    (folder / "artifacts/evaluation").mkdir(parents=True)
    (folder / "reports/plots").mkdir(parents=True)
    predictions.write(folder / "artifacts/evaluation/predictions.parquet")
    summary = summarise(predictions, metrics, sorted(predictions.slices), Bootstrap(samples=300))
    (folder / "artifacts/bundle").mkdir()
    (folder / "artifacts/bundle/manifest.json").write_text("a manifest, which the gate names by its bytes\n")
    bundle = digest_file(folder / "artifacts/bundle/manifest.json")
    classes = predictions.classes or None
    inputs = {
        name: "sha256:" + str(index) * 64 for index, name in enumerate(("test.parquet", "transform.json", "model.onnx"))
    }
    facts = {"task": predictions.task, "rows": len(predictions), "bundle": bundle, "classes": classes, "inputs": inputs}
    (folder / "reports/metrics.json").write_text(summary.model_copy(update=facts).dumps())
    documents = {
        "data": DATA,
        "split": SPLIT,
        "training": TRAINING,
    }
    for name, document in documents.items():
        (folder / f"reports/{name}.json").write_text(dumps(rounded(document)))
    for name, points in plots(predictions).items():
        (folder / f"reports/plots/{name}").write_text(to_csv(points))
    (folder / "reports/history.csv").write_text(_history())
    return StageContext(folder, "visits", "gate", gate_params(task=predictions.task))


def _history() -> str:
    rows = [
        f"{candidate},{epoch},{metric},{level + spread * math.exp(-epoch / speed):.6g}"
        for candidate, speed in (("gradient_boosting", 5.0), ("mlp", 2.5))
        for metric, level, spread in (
            ("train_loss", 0.38, 0.25),
            ("validation_auroc", 0.84, -0.2),
            ("validation_loss", 0.42, 0.2),
        )
        for epoch in range(20)
    ]
    return "\n".join(["candidate,epoch,metric,value", *rows]) + "\n"


def _share(*shares: float) -> dict[str, Any]:
    return {
        "classes": [{"label": index, "share": share, "rows": int(1000 * share)} for index, share in enumerate(shares)]
    }


SPLIT = {
    "schema_version": 1,
    "by": "group",
    "key": "person",
    "parts": {
        "train": {"rows": 3000, "entities": 900, "target": _share(0.6, 0.4)},
        "validation": {"rows": 1000, "entities": 310, "target": _share(0.61, 0.39)},
        "test": {"rows": 1000, "entities": 305, "target": _share(0.59, 0.41)},
    },
}
TRAINING = {
    "schema_version": 1,
    "select_by": "auroc",
    "chosen": "gradient_boosting",
    "candidates": {
        "gradient_boosting": {"kind": "gradient_boosting", "validation": {"auroc": 0.861}, "epochs": 20},
        "mlp": {"kind": "mlp", "validation": {"auroc": 0.852}, "epochs": 20},
    },
}
DATA = {
    "schema_version": 1,
    "rows": 5000,
    "source": "sha256:" + "d" * 64,
    "checks": [
        {
            "name": "between",
            "column": "age",
            "severity": "block",
            "failed": 0,
            "total": 5000,
            "passed": True,
            "message": "all values between 0 and 120",
        },
        {
            "name": "nulls",
            "column": "income",
            "severity": "warn",
            "failed": 1300,
            "total": 5000,
            "passed": False,
            "message": "26.0 % are null, at most 20 % were declared",
        },
    ],
    "columns": [
        {"name": "age", "type": "int", "nulls": 0, "distinct": 80, "min": None, "max": None, "mean": 43.2},
        {"name": "income", "type": "float", "nulls": 1300, "distinct": 3100, "min": None, "max": None, "mean": 31250.5},
    ],
    "target": {"rows": 5000, **_share(0.6, 0.4)},
}
