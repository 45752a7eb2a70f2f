"""Shares of a score, a number for each column, which add up to it from a base: what `/explain` answers.

Trees and linear models are explained as in evaluation, exactly. Whatever else answers is asked: a column's share is
what the score moves by when the column becomes the row's own, in orders drawn once, from each of some made-up rows
(Štrumbelj and Kononenko, Knowledge and Information Systems 41:647, 2014); so it adds up, too. NumPy is enough.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mlops.bundle.golden import Golden
from mlops.bundle.tree_shares import TreeShares
from mlops.documents.attribution import AttributionBasis
from mlops.errors import IntegrityError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops.bundle.contents import Contents
    from mlops.bundle.predictor import Predictor

    Floats = NDArray[np.float64]

NAME = "explain.json"
METHODS = {"trees": "SHAP", "linear": "linear SHAP", "sampled": "sampled Shapley values"}
_EXACT, _ROUNDED = 1e-3, 1e-5  # models answer in single precision
_COST = 100_000_000  # operations for the rows of one request: about a second
_SCORED = 50_000  # rows that the model is asked for one request
_BACKGROUND = 16  # made-up rows that shares are sampled against, with an order and its reverse each


class Shares(NamedTuple):
    """Shares [n, columns], which add up to `output` [n] from `base` [n]; of classes those of the likeliest."""

    values: Floats
    base: Floats
    output: Floats
    picked: NDArray[np.int64] | None


class Explainer:
    """Explains scores of one bundle."""

    def __init__(self, predictor: Predictor, basis: AttributionBasis, background: NDArray[np.float32]) -> None:
        """Take what shares are taken from, and made-up rows as the transform makes them [m, ...].

        Raises:
            IntegrityError: it is of another model.
        """
        kept = predictor.transform.recipe.kept()
        self.columns = tuple(dict.fromkeys(feature.column for feature in kept))
        """Columns that a score is shared out among."""
        place = {column: number for number, column in enumerate(self.columns)}
        self._column = np.array([place[feature.column] for feature in kept], dtype=np.int64)
        self._predictor, self._basis = predictor, basis
        self._background = background[np.linspace(0, len(background) - 1, _BACKGROUND).round().astype(int)]
        self.method, self.unit = METHODS[basis.method], basis.unit
        usual = predictor.model.score(background).astype(np.float64)
        self._narrow = _EXACT * max(float(np.ptp(usual)), 1e-3 * float(np.abs(usual).max()))
        self._outputs = max(1, len(predictor.classes or ())) if predictor.task == "multiclass" else 1
        try:
            self._trees = None if basis.trees is None else TreeShares(basis.trees, self._outputs, len(basis.inputs))
            if basis.method != "sampled":  # which adds up by itself
                some = slice(min(len(background), self.most))
                self.explain(background[some], usual[some])
        except (ValueError, IndexError) as error:
            raise IntegrityError(f"{NAME} is of another model: {error}") from error

    @classmethod
    def of(cls, contents: Contents, predictor: Predictor, golden: Golden) -> Explainer | None:
        """Read that of a verified bundle; None where it was made without; raises IntegrityError."""
        if NAME not in contents.files:
            return None
        try:
            basis = AttributionBasis.parse(contents.files[NAME])
        except (ValueError, RecursionError) as error:
            raise IntegrityError(f"{NAME} does not say what scores rest on") from error
        return cls(predictor, basis, predictor.transform.apply_rows(predictor.read(golden.rows)))

    @property
    def most(self) -> int:
        """Count the rows that are explained at a time, so that others need not wait long."""
        if self._trees is not None:
            return max(1, _COST // max(1, self._trees.cost * self._outputs))
        if self._basis.lines is not None:
            return _SCORED
        return max(1, _SCORED // max(1, 2 * _BACKGROUND * (len(self.columns) - 1)))

    def explain(self, x: NDArray[np.float32], scores: NDArray[np.floating[Any]]) -> Shares:
        """Explain the scores [n] or [n, classes] of rows [n, ...] as the transform makes them.

        Raises:
            IntegrityError: shares miss a score.
        """
        wide: Floats = scores.astype(np.float64)
        picked = wide.argmax(axis=1) if wide.ndim == 2 else None
        if not len(x):
            return Shares(np.zeros((0, len(self.columns))), np.zeros(0), np.zeros(0), picked)
        if self._basis.method == "sampled":
            found = self._sampled(x, wide, picked)
        else:
            values, base, output = self._known(self._read(x))
            if not self._near(self._linked(output), wide):
                raise IntegrityError(f"{NAME} is of another model: it says other scores")
            rows = np.arange(len(x))
            at = np.zeros(len(x), dtype=np.int64) if picked is None else picked
            found = Shares(self._by_column(values[rows, :, at]), base[at], output[rows, at], picked)
        if not self._near(found.values.sum(axis=1) + found.base, found.output):
            raise IntegrityError(f"the shares of a score miss it: {NAME} is not to be trusted")
        return found

    def _near(self, found: Floats, said: Floats) -> bool:
        """Tell whether numbers are equal but for single precision, beside how far scores lie apart."""
        return bool((np.abs(found - said) <= self._narrow + _ROUNDED * np.abs(said)).all())

    def _read(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """Give what the model itself reads of rows [n, inputs]."""
        rows = x.reshape(len(x), -1)[:, list(self._basis.inputs)]
        fills = np.array([np.nan if fill is None else fill for fill in self._basis.fills], dtype=np.float32)
        return np.where(np.isnan(rows), fills, rows)

    def _known(self, rows: NDArray[np.float32]) -> tuple[Floats, Floats, Floats]:
        """Give shares [n, inputs, outputs], bases [outputs] and what is explained [n, outputs]."""
        start = np.array(self._basis.start)
        if self._trees is not None:
            values, said = self._trees.explain(rows)
            return values, self._trees.base + start, said + start
        if self._basis.lines is None:
            raise ValueError("it holds neither trees nor weights")
        weights, mean = np.array(self._basis.lines.weights), np.array(self._basis.lines.mean)
        wide = rows.astype(np.float64)
        return (wide - mean)[:, :, None] * weights.T, weights @ mean + start, wide @ weights.T + start

    def _by_column(self, values: Floats) -> Floats:
        """Add up the shares [n, inputs] of all features of a column."""
        found = np.zeros((len(values), len(self.columns)))
        for number, column in enumerate(self._column[list(self._basis.inputs)].tolist()):
            found[:, column] += values[:, number]
        return found

    def _linked(self, output: Floats) -> Floats:
        """Give the scores that are said by what is explained [n, outputs]."""
        if self.unit != "log-odds":
            return output if self._outputs > 1 else output[:, 0]
        if self._outputs == 1:
            return np.asarray(1 / (1 + np.exp(-output[:, 0])))
        powers = np.exp(output - output.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))

    def _sampled(self, x: NDArray[np.float32], scores: Floats, picked: NDArray[np.int64] | None) -> Shares:
        """Ask the model what it says while row by row becomes another, column by column."""
        count, usual = len(self.columns), self._predictor.model.score(self._background).astype(np.float64)
        orders = [order for number in range(_BACKGROUND) for order in _orders(number, count)]
        own = np.array([np.argsort(order) for order in orders])  # [orders, columns], when one becomes the row's own
        known = own[:, None, self._column] <= np.arange(count - 1)[None, :, None]  # [orders, columns - 1, features]
        from_rows = np.repeat(self._background.reshape(_BACKGROUND, -1), 2, axis=0)
        values, base = np.zeros((len(x), count)), np.zeros(len(x))
        for row, given in enumerate(x.reshape(len(x), -1)):
            of = () if picked is None else (picked[row],)
            first, last = np.repeat(usual[(slice(None), *of)], 2), scores[(row, *of)]
            between = np.zeros((len(orders), 0))
            if count > 1:
                mixed = np.where(known, given, from_rows[:, None, :]).reshape(-1, *x.shape[1:])
                said = self._predictor.model.score(mixed).astype(np.float64)
                between = said[(slice(None), *of)].reshape(len(orders), -1)
            steps = np.diff(np.column_stack([first, between, np.full(len(orders), last)]), axis=1)
            values[row] = np.take_along_axis(steps, own, axis=1).mean(axis=0)
            base[row] = first.mean()
        output = scores if picked is None else scores[np.arange(len(x)), picked]
        return Shares(values, base, output, picked)


def _orders(number: int, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    order = np.random.default_rng(number).permutation(count)
    return order, order[::-1]
