from __future__ import annotations

import numpy as np
import pytest

from mlops.ml.evaluation.baselines import dummy, simple
from mlops.ml.evaluation.metrics import compute


def test_the_dummy_answers_the_training_share_of_the_second_class() -> None:
    assert dummy("binary", np.array([0, 1, 1, 1]), 2, 2).tolist() == [0.75, 0.75]


def test_the_dummy_answers_the_share_of_every_class() -> None:
    assert dummy("multiclass", np.array([0, 1, 1, 1]), 3, 1).tolist() == [[0.25, 0.75, 0.0]]


def test_the_dummy_answers_the_mean_of_a_number() -> None:
    assert dummy("regression", np.array([1.0, 3.0], dtype=np.float32), 0, 3).tolist() == [2.0, 2.0, 2.0]


def test_a_line_finds_a_line() -> None:
    x = np.random.default_rng(0).normal(size=(200, 3)).astype(np.float32)
    y = (x @ np.array([1.0, -2.0, 0.0]) + 5).astype(np.float32)
    assert compute("r2", y[100:], simple("regression", x[:100], y[:100], 0, x[100:])) > 0.99


def test_a_logistic_line_separates_classes() -> None:
    x = np.random.default_rng(0).normal(size=(200, 3)).astype(np.float32)
    y = (x[:, 0] > 0).astype(np.int64)
    assert compute("auroc", y[100:], simple("binary", x[:100], y[:100], 2, x[100:])) > 0.95


def test_images_are_read_pixel_by_pixel_and_probabilities_sum_to_one() -> None:
    random = np.random.default_rng(0)
    x, y = random.normal(size=(60, 1, 4, 4)).astype(np.float32), random.integers(0, 3, 60)
    scores = simple("multiclass", x, y, 4, x[:5])
    assert scores.shape == (5, 4)
    assert scores.sum(axis=1) == pytest.approx(1)
