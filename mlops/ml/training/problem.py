"""What there is to learn: the task, the arrays, and the loss that tasks have in common."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from mlops.blocks.column_group import UNKNOWN, Layout
from mlops.errors import ConfigurationError, DataError
from mlops.ml.data.finite import unusable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Task = Literal["binary", "multiclass", "regression"]
Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Examples:
    """Rows to learn from and rows to judge by: x [n, ...] float32, y [n] class index (int64) or number (float).

    `train_w` [n], mean 1, and `validation_w`, in the same unit, say how much each row counts, where not all do alike.
    Where `folds` gives each row one, both are all rows, and each is learnt from and judged by other members.
    """

    train_x: Array
    train_y: Array
    validation_x: Array
    validation_y: Array
    train_w: Array | None = None
    validation_w: Array | None = None
    folds: Array | None = None

    def part(self, rows: Array, judged: Array | slice = slice(None)) -> Examples:
        """Keep some rows to learn from and some to judge by, each with what it counts."""
        return Examples(
            self.train_x[rows],
            self.train_y[rows],
            self.validation_x[judged],
            self.validation_y[judged],
            None if self.train_w is None else self.train_w[rows],
            None if self.validation_w is None else self.validation_w[judged],
        )

    @property
    def whole(self) -> Examples:
        """The same with the rows to judge by among those to learn from, behind them."""
        return Examples(
            np.concatenate([self.train_x, self.validation_x]),
            np.concatenate([self.train_y, self.validation_y]),
            self.validation_x,
            self.validation_y,
            _joined(self.train_w, self.validation_w),
            self.validation_w,
        )


def _joined(first: Array | None, second: Array | None) -> Array | None:
    return None if first is None or second is None else np.concatenate([first, second])


@dataclass(frozen=True)
class Problem:
    """A task, the shape of one row, and how many numbers answer it (the classes of a multiclass task, else 1)."""

    task: Task
    shape: tuple[int, ...]
    outputs: int = 1
    quantile: float | None = None
    """The quantile of a number that is learnt, where it is not its mean."""
    numbers: tuple[str | None, ...] = ()
    """The column that each feature is the number of, where it is one; known where a kind asks for it."""
    layout: Layout = UNKNOWN
    """Which groups of columns stand where in a row; empty where that is not known."""

    def signs(self, monotone: Mapping[str, str]) -> list[int]:
        """Say of each feature whether the answer may only rise (1) or fall (-1) with it, or either (0).

        Raises:
            ConfigurationError: there are more than two classes, or a column is no number that is learnt from.
        """
        if self.task == "multiclass":
            raise ConfigurationError(
                "`monotone` is for a number or two classes, and there are more", hint="remove `monotone`"
            )
        known = [name for name in self.numbers if name is not None]
        if unknown := sorted(set(monotone) - set(known)):
            named = ", ".join(f"`{name}`" for name in unknown[:5])
            raise ConfigurationError(
                f"`monotone` names {named}, which is no number that is learnt from",
                hint=f"numbers: {', '.join(dict.fromkeys(known[:20]))}",
            )
        way = {"up": 1, "down": -1}
        return [way[monotone[name]] if name is not None and name in monotone else 0 for name in self.numbers]

    @classmethod
    def of(cls, task: Task, examples: Examples, layout: Layout = UNKNOWN) -> Problem:
        """Read the shape off the examples; `layout`, where it is known, says what their columns are.

        Raises:
            DataError: there are no rows, numbers that are not finite, or a class never seen. NaN is a value where
                numbers stand as the table has them, and nowhere else.
        """
        for name in ("train_x", "train_y", "validation_x", "validation_y"):
            _refuse_unusable(name, getattr(examples, name), layout.missing if name.endswith("_x") else ())
        if task == "regression":
            return cls(task, examples.train_x.shape[1:], layout=layout)
        classes = 1 + int(max(examples.train_y.max(), examples.validation_y.max()))
        absent = sorted(set(range(max(classes, 2))) - set(examples.train_y.tolist()))
        if absent:
            raise DataError(
                f"the training rows have no row of class index {', '.join(map(str, absent[:5]))}",
                hint="split with `by: stratified`, or drop the rare class",
            )
        outputs = classes if task == "multiclass" else 1
        return cls(task, examples.train_x.shape[1:], outputs, layout=layout)

    def reading(self, asked: Sequence[str], who: str = "a model") -> Problem:
        """Give the problem of a model that sees the groups of columns asked for, and no others.

        Raises:
            ConfigurationError: there is none of them, or one of a column that is not there.
        """
        if not self.layout.groups:
            return self
        seen, lacking = self.layout.taking(asked), self.layout.lacking(asked)
        if lacking or not seen.groups:
            named = ", ".join(f"`{name}`" for name in (lacking or asked) if "*" not in name)
            raise ConfigurationError(
                f"{who} reads {named}, and the features have no such columns",
                hint=f"groups of columns here: {', '.join(self.layout.names)}",
            )
        numbers = self.numbers and tuple(self.numbers[place] for place in self.layout.positions(asked))
        return replace(self, shape=seen.shape, numbers=numbers, layout=seen)


def _refuse_unusable(name: str, array: Array, missing: Sequence[int]) -> None:
    if len(array) == 0:
        raise DataError(f"{name} has no rows", hint="look at reports/split.json")
    if bad := unusable(array, missing):
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
    def of(cls, task: Task, y: Array, weights: Array | None = None) -> Scale:
        """Measure the target of a regression, rows by their weights; leave classes as they are."""
        if task != "regression":
            return cls()
        full = y.astype(np.float64)
        if weights is None:
            mean, deviation = float(full.mean()), float(full.std())
        else:
            mean = float(np.average(full, weights=weights))
            deviation = float(np.sqrt(np.average((full - mean) ** 2, weights=weights)))
        if deviation and not _step(float(np.abs(full).max())) <= _BLUR * deviation:
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


def loss(task: Task, y: Array, score: Array, weights: Array | None = None) -> float:
    """Average the log loss of probabilities, or the squared error of numbers, over rows by their weights."""
    score = score.astype(np.float64)
    if task == "regression":
        each = (y - score) ** 2
        return float(np.mean(each) if weights is None else np.average(each, weights=weights))
    true = score[np.arange(len(y)), y] if score.ndim == 2 else np.where(y == 1, score, 1 - score)
    each = np.log(np.clip(true, 1e-12, 1.0))
    return float(-np.mean(each) if weights is None else -np.average(each, weights=weights))
