"""A small training of every kind, whose digests tell whether a processor computes as others do."""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.blocks.trainer import Trainer
from mlops.extras import missing
from mlops.ml.evaluation import metrics
from mlops.ml.training import candidates
from mlops.ml.training.asked import Asked
from mlops.ml.training.problem import Examples, Problem, Task
from mlops.ml.training.session import Judge, Session
from mlops.ml.user_code.origin import Origin
from mlops.models import MODELS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops.models.probe import Probe

ROWS, VALIDATION = 160, 40
_METRICS: dict[Task, tuple[str, bool]] = {
    "binary": ("auroc", True),
    "multiclass": ("log_loss", False),
    "regression": ("rmse", False),
}


PROBES = {name: (kind.name, item) for kind in MODELS.values() for name, item in kind.can["probes"].items()}


def probe() -> dict[str, str]:
    """Train all, on 160 rows and for at most 2 epochs; give a digest of what each answers for 40 other rows.

    A kind whose extra is not installed is left out.

    Example:
        >>> {"linear", "mlp"} <= set(probe()) <= set(PROBES)
        True
    """
    found = {}
    for name, (kind, item) in sorted(PROBES.items()):
        try:
            found[name] = _digest(kind, item)
        except ModuleNotFoundError as error:
            if missing(error) is None:
                raise
    return found


def _digest(kind: str, item: Probe) -> str:
    examples = _examples(kind, item)
    problem = Problem.of(item.task, examples)
    options = Trainer(max_epochs=2, batch_size=32, patience=None)
    session = Session(kind, 7, _judge(item.task), options)
    candidate = candidates.build(kind, Asked(kind=kind, **dict(item.parameters)), problem, Origin(Path(), ""))
    fitted = candidate.fit(examples, session)
    history = [[epoch.number, epoch.validation_loss, epoch.metric, epoch.train_loss] for epoch in fitted.history]
    scores = np.ascontiguousarray(fitted.predict(examples.validation_x))
    return hashlib.sha256(scores.tobytes() + json.dumps(history).encode()).hexdigest()


def _judge(task: Task) -> Judge:
    name, higher_is_better = _METRICS[task]
    return Judge(name, higher_is_better, lambda y, score: metrics.compute(name, y, score))


def _examples(kind: str, item: Probe) -> Examples:
    """Draw rows by Python's own generator, the same everywhere, and a target that follows two columns."""
    chance = random.Random(kind + item.task)  # noqa: S311  # rows, not secrets
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
