"""The theta method: simple exponential smoothing with half the slope of a line, season taken out before.

Assimakopoulos and Nikolopoulos, International Journal of Forecasting 16:521, 2000; as Hyndman and Billah, the same
19:287, 2003, write it. It won the M3 competition.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_LEVEL = np.array([0.01, *np.round(np.arange(0.05, 1.0, 0.05), 2), 0.99])
_SEASONAL = 1.645  # of the autocorrelation's standard error: 90 %


def forecasts(y: Floats, known: int, season: int, horizon: int) -> Floats:
    """Say at each period of one series y [T] what will be `horizon` later: [T].

    Season, slope and coefficient are those of its first `known` periods. NaN in y is a value that is missing.

    Example:
        >>> forecasts(np.arange(12.0), 12, season=1, horizon=2).round(1)[-1].item()
        12.0
    """
    found: Floats = courses(y, known, season, (horizon,))[0]
    return found


def courses(y: Floats, known: int, season: int, horizons: Sequence[int]) -> Floats:
    """Say at each period of one series y [T] what will be at each of H distances: [H, T]; see `forecasts`."""
    values, place = _filled(y), np.arange(len(y))
    if known < 3:
        return np.tile(values, (len(horizons), 1))
    indices, ratio = _indices(values[:known], season)
    season_of = indices[place % len(indices)]
    plain = values / season_of if ratio else values - season_of
    times = np.arange(known)
    centred = times - times.mean()
    slope = float((centred * plain[:known]).sum() / (centred**2).sum())
    level, by = _smoothed(plain, known)
    count = place + 1
    found = np.empty((len(horizons), len(y)))
    for row, horizon in zip(found, horizons, strict=True):
        ahead = level + slope / 2 * (horizon - 1 + (1 - (1 - by) ** count) / by)
        later = indices[(place + horizon) % len(indices)]
        row[:] = ahead * later if ratio else ahead + later
    return found


def _filled(y: Floats) -> Floats:
    """Repeat the last value where one is missing; before the first, that."""
    there = np.flatnonzero(~np.isnan(y))
    if not len(there):
        return np.zeros(len(y))
    last = np.maximum.accumulate(np.where(np.isnan(y), -1, np.arange(len(y))))
    return np.asarray(y[np.where(last < 0, there[0], last)], dtype=np.float64)


def _smoothed(y: Floats, known: int) -> tuple[Floats, float]:
    """Smooth [T] by the coefficient that would have forecast the first `known` periods best; give level and it."""
    levels = np.empty((len(y), len(_LEVEL)))
    level, total = np.full(len(_LEVEL), y[0]), np.zeros(len(_LEVEL))
    for period, value in enumerate(y.tolist()):
        error = value - level
        total += error**2 if period < known else 0.0
        level = level + _LEVEL * error
        levels[period] = level
    best = int(total.argmin())
    return levels[:, best], float(_LEVEL[best])


def _indices(y: Floats, season: int) -> tuple[Floats, bool]:
    """Give the season's factors, or summands where a value is not above 0; none where there is no season."""
    if season < 2 or len(y) < 3 * season or not _seasonal(y, season):
        return np.zeros(1), False
    weights = np.ones(season) / season if season % 2 else np.r_[0.5, np.ones(season - 1), 0.5] / season
    trend = np.convolve(y, weights, mode="valid")
    first = len(weights) // 2
    inner, place = y[first : first + len(trend)], np.arange(first, first + len(trend)) % season
    ratio = bool((y > 0).all() and (trend > 0).all())
    off = inner / trend if ratio else inner - trend
    found = np.array([off[place == each].mean() for each in range(season)])
    return (found / found.mean(), True) if ratio else (found - found.mean(), False)


def _seasonal(y: Floats, season: int) -> bool:
    """Test the autocorrelation at the season."""
    off = y - y.mean()
    whole = float((off**2).sum())
    if whole <= 0:
        return False
    each = np.array([float((off[lag:] * off[:-lag]).sum()) / whole for lag in range(1, season + 1)])
    return bool(abs(each[-1]) > _SEASONAL * np.sqrt((1 + 2 * (each[:-1] ** 2).sum()) / len(y)))
