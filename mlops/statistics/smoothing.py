"""Exponential smoothing of many series at once, of a form and coefficients chosen by what they would have said before.

Level, slope and season are additive, of the values or, where all are positive, of their logarithms (Hyndman and
Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., chapter 8). Forms are compared by AICc; coefficients are
those of a grid, so that nothing is searched for and the same bits are found everywhere.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_LEVEL = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9, 0.99)
_SLOPE = (0.01, 0.05, 0.2)  # of what the level moves by
_SEASON = (0.02, 0.1, 0.3, 0.6)  # of what the level leaves
_DAMPED = (0.8, 0.9, 0.98)
_LONGEST = 400  # a season beyond it is left out: it would take as many values as a series seldom has twice


@dataclass(frozen=True)
class Smoothing:
    """Coefficients [...] of one form each: how far an error moves level, slope and season, and what is left of a slope.

    `trend` and `seasonal` are forms, `logs` says whether logarithms are smoothed.
    """

    level: Floats
    slope: Floats
    season: Floats
    kept: Floats
    trend: bool
    damped: bool
    seasonal: bool
    logs: bool = False

    @property
    def parameters(self) -> int:
        """How many numbers are fitted, but for the season's own."""
        return 3 + 2 * self.trend + self.damped + self.seasonal


def forms() -> Iterator[Smoothing]:
    """List the forms, each with the grid of its coefficients [G]."""
    for trend, damped, seasonal in ((0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 0, 1), (1, 0, 1), (1, 1, 1)):
        axes = (
            _LEVEL,
            _SLOPE if trend else (0.0,),
            _SEASON if seasonal else (0.0,),
            _DAMPED if damped else (1.0,),
        )
        level, slope, season, kept = np.array(list(itertools.product(*axes))).T
        yield Smoothing(level, slope, season, kept, bool(trend), bool(damped), bool(seasonal))


@dataclass
class States:
    """Where series [S] stand after some periods, for each of G coefficients: level, slope [S, G], season [S, G, m]."""

    how: Smoothing
    level: Floats
    slope: Floats
    seasons: Floats
    period: int = 0

    def move(self, y: Floats) -> Floats:
        """Take in the values [S] of a period, NaN where there is none; give what was wrong of each forecast [S, G]."""
        how, place = self.how, self.period % self.seasons.shape[2]
        before = self.level + how.kept * self.slope
        error = y[:, None] - before - self.seasons[:, :, place]
        known = np.where(np.isnan(error), 0.0, error)
        self.level = before + how.level * known
        self.slope = how.kept * self.slope + how.slope * how.level * known
        self.seasons[:, :, place] += how.season * (1 - how.level) * known
        self.period += 1
        return error

    def ahead(self, horizon: int, further: Floats) -> Floats:
        """Forecast the period `horizon` after the last one; `further` slopes lie between."""
        place = (self.period - 1 + horizon) % self.seasons.shape[2]
        return self.level + further * self.slope + self.seasons[:, :, place]


def _powers(kept: Floats, horizon: int) -> Floats:
    """Add up what is left of a slope over the periods to come."""
    total, power = np.zeros_like(kept), np.ones_like(kept)
    for _ in range(min(horizon, 1_000)):
        power = power * kept
        total = total + power
    return total + max(horizon - 1_000, 0) * power


def _begin(y: Floats, how: Smoothing, season: int) -> States:
    """Begin with the means of the first two seasons, or of the first few values."""
    length = season if how.seasonal else max(2, min(10, y.shape[1] // 4))
    first, second = (_mean(y[:, start : start + length]) for start in (0, length))
    rise = np.where(np.isnan(second), 0.0, (second - first) / length) if how.trend else np.zeros(len(y))
    offsets = np.zeros((len(y), 1))
    if how.seasonal:
        line = first[:, None] + rise[:, None] * (np.arange(length) - (length - 1) / 2)
        offsets = np.nan_to_num(y[:, :length] - line)
    level = np.nan_to_num(first - rise * (length + 1) / 2)
    count = np.broadcast_shapes(np.shape(how.level), (1,))[-1]
    copies = [each[:, None].repeat(count, 1) for each in (level, np.nan_to_num(rise), offsets)]
    return States(how, copies[0], copies[1], copies[2])


def _mean(y: Floats) -> Floats:
    known = ~np.isnan(y)
    count = known.sum(axis=1)
    return np.where(count > 0, np.where(known, y, 0.0).sum(axis=1) / np.maximum(count, 1), np.nan)


def forecasts(y: Floats, known: NDArray[np.int64], season: int, horizon: int) -> Floats:
    """Say at each period of series y [S, T] what will be `horizon` later: [S, T].

    Form and coefficients are chosen by the first `known` [S] periods of each series; the states go on from there with
    what is known by then. NaN in y is a value that is missing.

    Example:
        >>> y = np.array([[month + 10.0 * (month % 4) for month in range(40)]])
        >>> forecasts(y, np.array([40]), season=4, horizon=3)[0, -1].round(1).item()
        62.0
    """
    found: Floats = courses(y, known, season, (horizon,))[0]
    return found


def courses(y: Floats, known: NDArray[np.int64], season: int, horizons: Sequence[int]) -> Floats:
    """Say at each period of series y [S, T] what will be at each of H distances: [H, S, T]; see `forecasts`.

    Form and coefficients are chosen once for all of them.
    """
    found = np.full((len(horizons), *y.shape), np.nan)
    best = np.full(len(y), np.inf)
    for logs in (False, True):
        usable = _positive(y) if logs else np.ones(len(y), dtype=bool)
        for form in forms():
            if form.seasonal and not 1 < season <= _LONGEST:
                continue
            fit = usable & (known >= (3 * season if form.seasonal else 4))
            if not fit.any():
                continue
            values = np.log(y[fit]) if logs else y[fit]
            score, ahead = _tried(values, known[fit], form, season, horizons, logs=logs)
            better = score < best[fit]
            places = np.flatnonzero(fit)[better]
            best[places], found[:, places] = score[better], (np.exp(ahead) if logs else ahead)[:, better]
    return np.where(np.isnan(found), _last(y), found)


def _tried(
    y: Floats, known: NDArray[np.int64], form: Smoothing, season: int, horizons: Sequence[int], *, logs: bool
) -> tuple[Floats, Floats]:
    """Choose coefficients for each series; give AICc [S] and the forecasts [H, S, T] by these."""
    skipped = np.minimum(2 * season if season <= _LONGEST else 2, known // 2)[:, None]
    periods = np.arange(y.shape[1])
    counted = (periods >= skipped) & (periods < known[:, None]) & ~np.isnan(y)
    at, total = _begin(y, form, season), np.zeros((len(y), len(form.level)))
    for period in range(int(known.max())):
        error = at.move(y[:, period])
        total += np.where(counted[:, period, None], error, 0.0) ** 2
    chosen, count = total.argmin(axis=1), counted.sum(axis=1).astype(np.float64)
    score = count * np.log(np.maximum(total.min(axis=1), 1e-12) / np.maximum(count, 1)) + _penalty(form, season, count)
    if logs:
        score = score + 2 * np.where(counted, y, 0.0).sum(axis=1)
    picked = {name: getattr(form, name)[chosen][:, None] for name in ("level", "slope", "season", "kept")}
    return score, _courses(y, replace(form, **picked), season, horizons)


def _penalty(form: Smoothing, season: int, count: Floats) -> Floats:
    """Count what is fitted, as AICc does; infinite where that is more than there are values."""
    free = form.parameters + (season - 1) * form.seasonal
    left = count - free - 1
    return np.where(left > 0, 2 * free + 2 * free * (free + 1) / np.maximum(left, 1), np.inf)


def _courses(y: Floats, how: Smoothing, season: int, horizons: Sequence[int]) -> Floats:
    """Forecast from each period of series [S, T] by the coefficients of each [S, 1]: [H, S, T]."""
    at, found = _begin(y, how, season), np.empty((len(horizons), *y.shape))
    further = [_powers(how.kept, horizon) for horizon in horizons]
    for period in range(y.shape[1]):
        at.move(y[:, period])
        for place, horizon in enumerate(horizons):
            found[place, :, period] = at.ahead(horizon, further[place])[:, 0]
    return found


def _positive(y: Floats) -> NDArray[np.bool_]:
    return np.asarray((np.where(np.isnan(y), 1.0, y) > 0).all(axis=1))


def _last(y: Floats) -> Any:
    """Repeat the last known value [S, T]."""
    places = np.where(np.isnan(y), 0, np.arange(y.shape[1]))
    return np.take_along_axis(y, np.maximum.accumulate(places, axis=1), axis=1)
