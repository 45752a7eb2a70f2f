"""Many tests at once: which of them hold together.

Holm, Scandinavian Journal of Statistics 6:65 (1979), bounds the chance of any false rejection, however the tests depend
on each other. Benjamini and Hochberg, JRSS B 57:289 (1995), bound the share of false ones among all rejections.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
PValues = Sequence[float] | Floats


class Claim(NamedTuple):
    """Whether a test holds together with its siblings, and the level that was left to it."""

    holds: bool
    level: float


@dataclass(frozen=True)
class Corrected:
    """What k tests come to together; each field is [k], in the order of the p-values."""

    holds: NDArray[np.bool_]
    level: Floats
    """What a p-value was held to: its share of the error of all."""
    adjusted: Floats
    """p-values of which each may be held to the error of all by itself; at most 1."""

    def claims(self) -> Iterator[Claim]:
        """Give the tests one by one."""
        return map(Claim, self.holds.tolist(), self.level.tolist())


Correction = Callable[[PValues, float], Corrected]


def holm(p_values: PValues, error: float = 0.05) -> Corrected:
    """Let the chance of any false rejection be at most `error`: the surest first; the first that does not hold ends it.

    >>> found = holm([0.01, 0.04, 0.03])
    >>> found.holds.tolist(), found.adjusted.round(4).tolist()
    ([True, False, False], [0.03, 0.06, 0.06])
    """
    p, order = _sorted(p_values)
    left = np.arange(len(p), 0, -1)
    level = error / left
    return _placed(order, np.logical_and.accumulate(p <= level), level, np.maximum.accumulate(left * p))


def benjamini_hochberg(p_values: PValues, error: float = 0.05) -> Corrected:
    """Let the share of false ones among the rejections be at most `error`.

    >>> found = benjamini_hochberg([0.01, 0.04, 0.03, 0.8])
    >>> found.holds.tolist(), found.adjusted.round(4).tolist()
    ([True, False, False, False], [0.04, 0.0533, 0.0533, 0.8])
    """
    p, order = _sorted(p_values)
    rank = np.arange(1, len(p) + 1)
    level = error * rank / max(1, len(p))
    passing = np.flatnonzero(p <= level)
    held = int(passing[-1]) + 1 if len(passing) else 0
    shared = np.maximum(level, level[held - 1]) if held else level
    adjusted = np.minimum.accumulate((p * len(p) / rank)[::-1])[::-1]
    return _placed(order, rank <= held, shared, adjusted)


def _sorted(p_values: PValues) -> tuple[Floats, NDArray[np.intp]]:
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    return p[order], order


def _placed(order: NDArray[np.intp], holds: NDArray[np.bool_], level: Floats, adjusted: Floats) -> Corrected:
    """Put what was found in ascending order back into the order asked in."""
    back = np.argsort(order, kind="stable")
    return Corrected(holds[back], level[back], np.minimum(adjusted, 1.0)[back])
