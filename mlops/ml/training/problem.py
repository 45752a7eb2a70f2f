"""What there is to learn: the task, the arrays, and the loss that tasks have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mlops.errors import DataError

Task = Literal["binary", "multiclass", "regression"]
Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Examples:
    """Rows to learn from and rows to judge by: x [n, ...] float32, y [n] class index (int64) or number (float)."""

    train_x: Array
    train_y: Array
    validation_x: Array
    validation_y: Array

    @property
    def whole(self) -> Examples:
        """The same with the rows to judge by among those to learn from, behind them."""
        x = np.concatenate([self.train_x, self.validation_x])
        return Examples(x, np.concatenate([self.train_y, self.validation_y]), self.validation_x, self.validation_y)


@dataclass(frozen=True)
class Problem:
    """A task, the shape of one row, and how many numbers answer it (the classes of a multiclass task, else 1)."""

    task: Task
    shape: tuple[int, ...]
    outputs: int = 1

    @classmethod
    def of(cls, task: Task, examples: Examples) -> Problem:
        """Read the shape off the examples; raises DataError on no rows, not finite numbers, or a class never seen."""
        for name in ("train_x", "train_y", "validation_x", "validation_y"):
            _refuse_unusable(name, getattr(examples, name))
        if task == "regression":
            return cls(task, examples.train_x.shape[1:])
        classes = 1 + int(max(examples.train_y.max(), examples.validation_y.max()))
        absent = sorted(set(range(max(classes, 2))) - set(examples.train_y.tolist()))
        if absent:
            raise DataError(
                f"the training rows have no row of class index {', '.join(map(str, absent[:5]))}",
                hint="split with `by: stratified`, or drop the rare class",
            )
        return cls(task, examples.train_x.shape[1:], classes if task == "multiclass" else 1)


def _refuse_unusable(name: str, array: Array) -> None:
    if len(array) == 0:
        raise DataError(f"{name} has no rows", hint="look at reports/split.json")
    bad = int(np.count_nonzero(~np.isfinite(array)))
    if bad:
        raise DataError(f"{name} has {bad:,} numbers that are not finite", hint="look at reports/data.json")


_BLUR = 1e-5  # of the deviation: a coarser float32 takes neighbouring targets for the same


@dataclass(frozen=True)
class Scale:
    """A regression target's centre and spread: models learn (y - mean) / deviation.

    Answers are brought back in float32, or in float64 where float32 is too coarse so far from 0 (`wide`): seconds since
    1970 go by steps of 128 there.
    """

    mean: float = 0.0
    deviation: float = 1.0
    wide: bool = False

    @classmethod
    def of(cls, task: Task, y: Array) -> Scale:
        """Measure the target of a regression; leave classes as they are."""
        if task != "regression":
            return cls()
        full = y.astype(np.float64)
        mean, deviation = float(full.mean()), float(full.std())
        farthest = float(np.abs(full).max())
        if deviation and not _step(farthest) <= _BLUR * deviation:
            return cls(mean, deviation, wide=True)
        return cls(float(np.float32(mean)), float(np.float32(deviation)) or 1.0)

    def down(self, y: Array) -> Array:
        """Standardise a target [n], in float32."""
        if self.wide:
            return ((y.astype(np.float64) - self.mean) / self.deviation).astype(np.float32)
        return ((y.astype(np.float32) - np.float32(self.mean)) / np.float32(self.deviation)).astype(np.float32)

    def up(self, y: Array) -> Array:
        """Give a standardised answer [n] its units back: float64 where it is wide, else float32."""
        if self.wide:
            return y.astype(np.float64) * self.deviation + self.mean
        return (y * np.float32(self.deviation) + np.float32(self.mean)).astype(np.float32)


def _step(number: float) -> float:
    """Measure how far apart float32 has its numbers; not a number beyond the greatest."""
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.spacing(np.float32(number)))


def loss(task: Task, y: Array, score: Array) -> float:
    """Average the log loss of probabilities, or the squared error of numbers, over rows."""
    score = score.astype(np.float64)
    if task == "regression":
        return float(np.mean((y - score) ** 2))
    true = score[np.arange(len(y)), y] if score.ndim == 2 else np.where(y == 1, score, 1 - score)
    return float(-np.mean(np.log(np.clip(true, 1e-12, 1.0))))
