"""How far a column of a window is from the same column in training: a size, and a p-value.

Sizes and p-values are those of `mlops.statistics.drift`; the Wasserstein distance is in standard deviations, by
twentieths. The error is shared out over columns by Holm's method, which holds however columns depend on each other.
Below 500 rows the index exceeds 0.1 by chance alone, so less is `insufficient`.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mlops.ml.data.names import counted
from mlops.statistics.drift import counts, homogeneity, jensen_shannon, psi, wasserstein_of_quantiles
from mlops.statistics.multiple_testing import holm

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

    from mlops.configuration.monitor import Drift
    from mlops.documents.profile import Levels, Numbers

    Floats = NDArray[np.float64]

_TWENTIETHS = np.linspace(0, 1, 21)


@dataclass(frozen=True)
class Bins:
    """Counts of one column in the same bins; `twentieths` are both quantile functions in units of training's spread.

    `levels` name the bins, or `edges` what lies between them.
    """

    reference: Floats
    window: Floats
    twentieths: tuple[Floats, Floats] | None = None
    levels: tuple[str, ...] = ()
    edges: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Say which values each bin holds.

        >>> Bins(np.zeros(3), np.zeros(3), edges=("1", "5")).names
        ('up to 1', '1 to 5', 'over 5')
        >>> Bins(np.ones(1), np.ones(1)).names
        ('any value',)
        """
        if not self.edges:
            return self.levels or ("any value",)
        between = (f"{low} to {high}" for low, high in itertools.pairwise(self.edges))
        return (f"up to {self.edges[0]}", *between, f"over {self.edges[-1]}")


@dataclass(frozen=True)
class Shift:
    """What is known of one column in one window; `p_value` is adjusted for all columns, `bound` is its own."""

    column: str
    measure: str
    size: float
    p_value: float
    rows: int
    bound: float
    verdict: str
    """drift (large and significant), small (significant only), none, or insufficient"""


def shifts(pairs: Mapping[str, Bins], settings: Drift) -> tuple[Shift, ...]:
    """Judge every column of one window together."""
    judged = {name: bins for name, bins in sorted(pairs.items()) if bins.window.sum() >= settings.minimum_rows}
    p_values = holm([homogeneity(bins.reference, bins.window) for bins in judged.values()]).adjusted.tolist()
    known = dict(zip(judged, p_values, strict=True))
    return tuple(_shift(name, bins, known.get(name), settings) for name, bins in sorted(pairs.items()))


def _shift(name: str, bins: Bins, p_value: float | None, settings: Drift) -> Shift:
    rows, used, bound = int(bins.window.sum()), _possible(bins, settings.measure), settings.bound(name)
    if p_value is None:
        return Shift(name, used, float("nan"), float("nan"), rows, bound, "insufficient")
    size = measure(bins, used)
    significant = p_value <= settings.significance
    verdict = "none" if not significant else "drift" if size >= bound else "small"
    return Shift(name, used, size, p_value, rows, bound, verdict)


def _possible(bins: Bins, name: str) -> str:
    """Name the measure that can be taken: without an order there is no Wasserstein distance, but Jensen-Shannon's."""
    return "jensen_shannon" if name == "wasserstein" and bins.twentieths is None else name


def measure(bins: Bins, name: str) -> float:
    """Give the size of a shift; a column without an order has no Wasserstein distance and takes Jensen-Shannon's."""
    if name == "psi":
        return psi(bins.reference, bins.window)
    if name == "wasserstein" and bins.twentieths is not None:
        return wasserstein_of_quantiles(*bins.twentieths)
    return jensen_shannon(bins.reference, bins.window)


def numbers(values: Floats, profile: Numbers, rows: int) -> Bins | None:
    """Count numbers in the bins of a profile made of `rows` values; None where the profile has none."""
    if not profile.shares or profile.std is None:
        return None
    finite = values[np.isfinite(values)]
    if profile.values is not None:
        levels = np.array(profile.values, dtype=np.float64)
        edges = (levels[1:] + levels[:-1]) / 2
        named = {"levels": tuple(f"{value:g}" for value in profile.values)}
    else:
        edges = np.array(profile.edges, dtype=np.float64)
        named = {"edges": tuple(f"{edge:,.6g}" for edge in profile.edges)}
    spread = profile.std
    both = None
    if spread > 0 and len(finite):
        old = np.array(profile.quantiles, dtype=np.float64)
        both = (old / spread, np.quantile(finite, _TWENTIETHS) / spread)
    window = counts(finite, edges).astype(np.float64)
    return Bins(np.array(profile.shares, dtype=np.float64) * rows, window, both, **named)


def texts(values: pl.Series, profile: Levels, rows: int) -> Bins | None:
    """Count text by the levels of a profile made of `rows` values, the last bin for all others."""
    levels = profile.frequencies
    if not levels:
        return None
    found = dict(counted(values.drop_nulls()).iter_rows())
    window = [float(found.get(level, 0)) for level in levels]
    window.append(float(sum(found.values())) - sum(window))
    reference = np.array([*levels.values(), profile.other], dtype=np.float64) * rows
    return Bins(reference, np.array(window), levels=(*levels, "others"))
