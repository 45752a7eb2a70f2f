"""A small training of every kind, whose digests tell whether a processor computes as others do."""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.blocks.trainer import Trainer
from mlops.ml.evaluation.metrics import catalogue as metrics
from mlops.ml.training import candidates
from mlops.ml.training.problem import Examples, Problem, Task
from mlops.ml.training.session import Judge, Session
from mlops.ml.user_code.origin import Origin

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROWS, VALIDATION = 160, 40
_METRICS: dict[Task, tuple[str, bool]] = {
    "binary": ("auroc", True),
    "multiclass": ("log_loss", False),
    "regression": ("rmse", False),
}


@dataclass(frozen=True)
class Probe:
    """A kind with parameters that keep it small, the task it learns, and the shape of a row."""

    kind: str
    task: Task
    shape: tuple[int, ...] = (12,)
    parameters: tuple[tuple[str, Any], ...] = ()


# From inner sizes of 256 on MKL rounds otherwise on AMD than on Intel: each network has such a layer.
PROBES = {
    "cnn": Probe("cnn", "multiclass", (1, 6, 6), (("channels", (8, 16)), ("hidden", 300))),
    "gradient_boosting": Probe("gradient_boosting", "binary", (12,), (("trees", 20), ("min_leaf", 5))),
    "linear": Probe("linear", "multiclass"),
    "mlp": Probe("mlp", "binary", (12,), (("hidden", (300, 40)),)),
    "random_forest": Probe("random_forest", "regression", (12,), (("trees", 10), ("depth", 4))),
    "ridge": Probe("linear", "regression"),
}


def probe() -> dict[str, str]:
    """Train all, on 160 rows and for at most 2 epochs; give a digest of what each answers for 40 other rows.

    Example:
        >>> sorted(probe())
        ['cnn', 'gradient_boosting', 'linear', 'mlp', 'random_forest', 'ridge']
    """
    return {name: _digest(item) for name, item in PROBES.items()}


def _digest(item: Probe) -> str:
    examples = _examples(item)
    problem = Problem.of(item.task, examples)
    options = Trainer(max_epochs=2, batch_size=32, patience=None)
    session = Session(item.kind, 7, _judge(item.task), options)
    candidate = candidates.build(item.kind, item.kind, dict(item.parameters), problem, Origin(Path(), ""))
    fitted = candidate.fit(examples, session)
    history = [[epoch.number, epoch.validation_loss, epoch.metric, epoch.train_loss] for epoch in fitted.history]
    scores = np.ascontiguousarray(fitted.predict(examples.validation_x))
    return hashlib.sha256(scores.tobytes() + json.dumps(history).encode()).hexdigest()


def _judge(task: Task) -> Judge:
    name, higher_is_better = _METRICS[task]
    return Judge(name, higher_is_better, lambda y, score: metrics.compute(name, y, score))


def _examples(item: Probe) -> Examples:
    """Draw rows by Python's own generator, the same everywhere, and a target that follows two columns."""
    chance = random.Random(item.kind + item.task)  # noqa: S311  # rows, not secrets
    width = int(np.prod(item.shape))
    rows = [[round(chance.gauss(0, 1), 4) for _ in range(width)] for _ in range(ROWS + VALIDATION)]
    strength = [row[0] - row[1] + 0.5 * round(chance.gauss(0, 1), 4) for row in rows]
    x = np.array(rows, dtype=np.float32).reshape(-1, *item.shape)
    y = _target(item.task, strength)
    return Examples(x[:ROWS], y[:ROWS], x[ROWS:], y[ROWS:])


def _target(task: Task, strength: list[float]) -> NDArray[Any]:
    if task == "regression":
        return np.array([100 + 12.5 * value for value in strength], dtype=np.float32)
    if task == "binary":
        return np.array([value > 0 for value in strength], dtype=np.int64)
    return np.array([(value > -0.6) + (value > 0.6) for value in strength], dtype=np.int64)
