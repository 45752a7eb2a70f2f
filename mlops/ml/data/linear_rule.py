"""The few columns that a linear rule needs: least squares, and for two classes a line drawn by the rows near it.

The best pair is searched among all pairs, further columns by what they add (orthogonal matching pursuit, Pati et al.,
1993), and once more by leaving out the least useful of all (backward elimination): what many together tell alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mlops.ml.data.too_good import Floats, Rows, Table, reached
from mlops.ml.light import without_pandas

MOST = 5
"""Columns that a person can still look at: what hangs on more of them is called learning."""
_WIDEST = 600
_EXACT = 1e-9
_FREE = 1e4


@dataclass(frozen=True)
class Squares:
    """Least squares on standardised columns: correlations of the rows to choose on, and the rows that judge."""

    z: Floats
    goals: Floats
    correlations: Floats
    towards: Floats
    """Correlations of columns with goals: a value, or one a class."""
    sources: tuple[str, ...]
    table: Table
    fitting: Rows

    @classmethod
    def of(cls, table: Table, fitting: Rows) -> Squares:
        """Standardise by the rows to choose on; of very many columns the best correlated are kept."""
        spread = table.x[fitting].std(axis=0)
        kept = np.flatnonzero(spread > 0)
        z = (table.x[:, kept] - table.x[fitting][:, kept].mean(axis=0)) / spread[kept]
        goals = table.y[:, None] if table.task != "multiclass" else np.eye(int(table.y.max()) + 1)[table.y.astype(int)]
        centred = goals[fitting] - goals[fitting].mean(axis=0)
        scaled = centred / np.where(centred.std(axis=0) > 0, centred.std(axis=0), 1)
        towards = z[fitting].T @ scaled / fitting.sum()
        if kept.size > _WIDEST:
            best = np.sort(np.argsort(-np.abs(towards).max(axis=1), kind="stable")[:_WIDEST])
            z, towards, kept = z[:, best], towards[best], kept[best]
        correlations = z[fitting].T @ z[fitting] / fitting.sum()
        sources = tuple(table.sources[place] for place in kept)
        return cls(z, goals, correlations, towards, sources, table, fitting)

    def candidates(self) -> Iterator[tuple[int, ...]]:
        """List sets of columns worth a try, small ones first."""
        if not self.sources:
            return
        yield (int(np.argmax((self.towards**2).sum(axis=1))),)
        if len(self.sources) > 1:
            chosen: tuple[int, ...] = self._best_pair()
            yield chosen
            while len(chosen) < min(MOST, len(self.sources)):
                chosen = (*chosen, self._next(chosen))
                yield chosen
        if len(self.sources) > MOST and self.reach(self.sources) is not None:
            yield self._last_standing()

    def _best_pair(self) -> tuple[int, int]:
        r, rest = self.towards, np.maximum(1 - self.correlations**2, _EXACT)
        explained = np.zeros_like(rest)
        for goal in r.T:
            explained += (goal[:, None] ** 2 + goal**2 - 2 * np.outer(goal, goal) * self.correlations) / rest
        explained[1 - self.correlations**2 <= _EXACT] = -1
        first, second = np.unravel_index(int(explained.argmax()), explained.shape)
        return int(first), int(second)

    def _next(self, chosen: tuple[int, ...]) -> int:
        """Find the column that explains most of what is left."""
        places = list(chosen)
        inside = self.correlations[np.ix_(places, places)] + _EXACT * np.eye(len(places))
        across = np.linalg.solve(inside, self.correlations[places])
        left = self.towards - across.T @ self.towards[places]
        room = 1 - np.einsum("ij,ij->j", self.correlations[places], across)
        gain = np.where(room > _EXACT, (left**2).sum(axis=1) / np.maximum(room, _EXACT), -1)
        gain[places] = -1
        return int(gain.argmax())

    def _last_standing(self) -> tuple[int, ...]:
        """Leave out the column that costs least, until few are left."""
        places = np.arange(len(self.sources))
        inverse = np.linalg.inv(self.correlations + _EXACT * np.eye(places.size))
        while places.size > MOST:
            weights = inverse @ self.towards[places]
            out = int(((weights**2).sum(axis=1) / np.diag(inverse)).argmin())
            kept = np.arange(places.size) != out
            inverse = inverse[np.ix_(kept, kept)] - np.outer(inverse[kept, out], inverse[out, kept]) / inverse[out, out]
            places = places[kept]
        return tuple(places.tolist())

    def score(self, names: tuple[str, ...]) -> Floats:
        """Fit on the columns of some sources; give the scores of the rows that judge."""
        design = self._design(names)
        weights, *_ = np.linalg.lstsq(design[self.fitting], self.goals[self.fitting], rcond=None)
        return np.asarray(design[~self.fitting] @ weights)

    def reach(self, names: tuple[str, ...]) -> float | None:
        """Give what a fit on the columns of some sources reaches on the rows that judge."""
        score, y, task = self.score(names), self.table.y, self.table.task
        value = reached(y[~self.fitting], score if task == "multiclass" else score[:, 0], task)
        if value is None and task == "binary" and len(names) <= MOST:
            return reached(y[~self.fitting], _sharpened(self._design(names), y, self.fitting), task)
        return value

    def _design(self, names: tuple[str, ...]) -> Floats:
        wanted = set(names)
        places = [place for place, source in enumerate(self.sources) if source in wanted]
        return np.column_stack([self.z[:, places], np.ones(self.z.shape[0])])


def _sharpened(design: Floats, y: Floats, fitting: Rows) -> Floats:
    """Draw the line anew by the rows near it: where a sum passes a bound, least squares on few rows are not exact."""
    with without_pandas():
        from sklearn.linear_model import LogisticRegression
    _, turn = np.linalg.qr(design[fitting])  # columns that hardly differ would be shrunk to nothing
    if np.abs(np.diag(turn)).min() <= _EXACT * np.abs(np.diag(turn)).max():
        return np.zeros(int((~fitting).sum()))
    apart = np.linalg.solve(turn.T, design.T).T * np.sqrt(fitting.sum())
    line = LogisticRegression(C=_FREE, max_iter=1_000).fit(apart[fitting], y[fitting])
    return np.asarray(line.decision_function(apart[~fitting]))
