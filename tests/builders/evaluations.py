"""Predictions as values: made up, but with a known truth."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlops.ml.predictions import Predictions


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
