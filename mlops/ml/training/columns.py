"""A candidate that reads some columns of the one input: what it is trained on, asked about, and written as.

Its graph begins by taking them: by a Slice where they stand side by side, else by a Gather. One that reads all columns
as they are is left as it is, in training and in its graph.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.ml.training.missing import FittedLeast, Least

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops.blocks.column_group import Layout
    from mlops.ml.training.problem import Examples
    from mlops.ml.training.session import Candidate, Epoch, Fitted, Session


@dataclass(frozen=True)
class Columns:
    """The positions that are read of a row of `width` numbers, ascending, and the shape that they are given.

    Example:
        >>> Columns((1, 2), 4, (2,)).take(np.array([[1.0, 2.0, 3.0, 4.0]]))
        array([[2., 3.]])
    """

    positions: tuple[int, ...]
    width: int
    shape: tuple[int, ...]

    @property
    def contiguous(self) -> bool:
        """Whether they stand side by side."""
        return self.positions == tuple(range(self.positions[0], self.positions[0] + len(self.positions)))

    @property
    def whole(self) -> bool:
        """Whether they are all there are, as they are."""
        return len(self.positions) == self.width and len(self.shape) == 1

    def take(self, x: NDArray[Any]) -> NDArray[Any]:
        """Give the columns of rows [n, ...] as [n, *shape]; a view where they stand side by side."""
        flat = x.reshape(len(x), -1)
        first, count = self.positions[0], len(self.positions)
        taken = flat[:, first : first + count] if self.contiguous else np.take(flat, self.positions, axis=1)
        return taken if len(self.shape) == 1 else taken.reshape(len(x), *self.shape)

    def among(self, kept: Sequence[int]) -> Columns:
        """Give the same columns of rows that have only the columns `kept`, ascending, left."""
        new = {old: place for place, old in enumerate(kept)}
        return Columns(tuple(new[old] for old in self.positions), len(kept), self.shape)


@dataclass(frozen=True)
class Reading:
    """A candidate that sees some columns."""

    inner: Candidate
    columns: Columns

    def fit(self, examples: Examples, session: Session) -> FittedReading:
        """Train it on its columns."""
        taken = {name: self.columns.take(getattr(examples, name)) for name in ("train_x", "validation_x")}
        return FittedReading(self.inner.fit(replace(examples, **taken), session), self.columns)


@dataclass(frozen=True, eq=False)
class FittedReading:
    """A trained candidate that is given whole rows."""

    inner: Fitted
    columns: Columns

    @property
    def history(self) -> tuple[Epoch, ...]:
        """What each epoch led to."""
        return self.inner.history

    @property
    def best_epoch(self) -> int | None:
        """The epoch whose weights were kept."""
        return self.inner.best_epoch

    def seen(self, x: NDArray[Any]) -> NDArray[Any]:
        """Give the columns of rows that are seen, side by side."""
        return np.ascontiguousarray(self.columns.take(x))

    def predict(self, x: NDArray[Any]) -> NDArray[Any]:
        """Score rows."""
        return self.inner.predict(self.seen(x))

    def export(self) -> bytes:
        """Write the ONNX graph, which begins by taking the columns."""
        from mlops.ml.training.taking_graph import taking

        columns = self.columns
        return taking(self.inner.export(), columns.positions, columns.width, columns.shape)


def reading(candidate: Candidate, layout: Layout, asked: Sequence[str]) -> Candidate:
    """Let a candidate see the groups of columns asked for, where there are others beside them."""
    if not layout.groups:
        return candidate
    seen = layout.taking(asked)
    columns = Columns(layout.positions(asked), layout.width, seen.shape)
    return candidate if columns.width == len(columns.positions) else Reading(candidate, columns)


def inside(candidate: Any) -> Any:
    """Give the candidate, or what was trained, that sees columns alone, and no missing number.

    Example:
        >>> inside("a candidate")
        'a candidate'
    """
    while isinstance(candidate, Reading | FittedReading | Least | FittedLeast):
        candidate = candidate.inner
    return candidate


def positions(fitted: Any) -> frozenset[int] | None:
    """List the columns that what was trained reads, all members of it together; None where it reads all."""
    if isinstance(fitted, FittedReading):
        return frozenset(fitted.columns.positions)
    parts = fitted.members if hasattr(fitted, "members") else (fitted.inner,) if hasattr(fitted, "heads") else ()
    found = [each for each in map(positions, parts) if each is not None]
    return frozenset().union(*found) if parts and len(found) == len(parts) else None


def narrowed(fitted: Any, kept: Sequence[int]) -> Any:
    """Give what was trained for rows that have only the columns `kept`, ascending, left: it reads no others."""
    if isinstance(fitted, FittedReading):
        columns = fitted.columns.among(kept)
        return fitted.inner if columns.whole else replace(fitted, columns=columns)
    if hasattr(fitted, "members"):
        return replace(fitted, members=tuple(narrowed(member, kept) for member in fitted.members))
    return replace(fitted, inner=narrowed(fitted.inner, kept)) if hasattr(fitted, "heads") else fitted
