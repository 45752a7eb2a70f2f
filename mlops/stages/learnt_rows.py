"""The rows that models learnt from and were chosen by, as `features` made them, with the fold of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.ml.data.folds import chosen_on
from mlops.stages import weighing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops.bundle.model import OnnxModel
    from mlops.stages.context import StageContext


@dataclass(frozen=True)
class Learnt:
    """The rows that models learnt from: x [n, ...], y [n], the fold of each and what it counts, where they say so."""

    x: NDArray[Any]
    y: NDArray[Any]
    folds: NDArray[np.int64] | None = None
    weights: NDArray[np.float64] | None = None

    def part(self, rows: NDArray[np.bool_]) -> Learnt:
        """Keep some rows."""
        folds = None if self.folds is None else self.folds[rows]
        return Learnt(self.x[rows], self.y[rows], folds, None if self.weights is None else self.weights[rows])

    @property
    def stopped(self) -> NDArray[np.int64] | None:
        """The member that was stopped and tuned on each row [n]; None where there are no members."""
        return None if self.folds is None else chosen_on(self.folds, int(self.folds.max()) + 1)


def read(context: StageContext, part: str, weight: str | None = None) -> Learnt:
    """Read what `features` made of a part; `weight` is the column by which its rows count."""
    x, y = (np.load(_features(context, f"{part}_{axis}"), allow_pickle=False) for axis in "xy")
    dealt = _features(context, "folds")
    folds = np.load(dealt, allow_pickle=False).astype(np.int64) if dealt.is_file() else None
    return Learnt(x, y, folds, weighing.array(context, part, weight))


def _features(context: StageContext, name: str) -> Any:
    return context.path(f"artifacts/features/{name}.npy")


def chosen_by(context: StageContext, model: OnnxModel, x: NDArray[Any]) -> NDArray[Any]:
    """Score validation rows: of folds each by the member that was stopped on it."""
    stopped = read(context, "validation").stopped
    return model.score(x) if stopped is None else model.members(x)[np.arange(len(x)), stopped]
