"""Geometry of the page's figures. Numbers become positions here; the templates only draw them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WIDTH, HEIGHT = 380, 290
LEFT, RIGHT, TOP, BOTTOM = 50, 12, 12, 44


@dataclass(frozen=True)
class Tick:
    """A mark on an axis: where, and what it says."""

    at: float
    text: str


@dataclass(frozen=True)
class Scale:
    """From numbers to positions between `start` and `end`."""

    low: float
    high: float
    start: float = 0.0
    end: float = 100.0

    @classmethod
    def around(cls, values: Iterable[float | None], start: float = 0.0, end: float = 100.0, pad: float = 0.06) -> Scale:
        """Hold all finite values with a little room at both ends."""
        finite = [value for value in values if value is not None and math.isfinite(value)]
        low, high = (min(finite), max(finite)) if finite else (0.0, 1.0)
        room = (high - low) * pad or max(abs(high), 1.0) * pad
        return cls(low - room, high + room, start, end)

    def at(self, value: float) -> float:
        """Place a value; what lies outside is put on the edge."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 2)

    def ticks(self, most: int = 5) -> tuple[Tick, ...]:
        """Mark round numbers, at most `most` of them."""
        span = self.high - self.low
        step = 10 ** math.floor(math.log10(span / most))
        step *= next(factor for factor in (1, 2, 2.5, 5, 10, 20) if span / (step * factor) <= most)
        digits = max(0, -math.floor(math.log10(step) + 1e-9) + (1 if f"{step:e}".startswith("2.5") else 0))
        first = math.ceil(self.low / step - 1e-9)
        values = [number * step for number in range(first, math.floor(self.high / step + 1e-9) + 1)]
        return tuple(Tick(self.at(value), f"{value + 0.0:,.{digits}f}") for value in values)


@dataclass(frozen=True)
class Track:
    """A dot with whiskers on a horizontal scale, all in per cent of its width."""

    value: float | None
    low: float
    high: float
    bound: float | None
    style: str
    text: str


def track(
    scale: Scale,
    value: float | None,
    low: float | None,
    high: float | None,
    *,
    bound: float | None = None,
    style: str = "candidate",
    text: str = "",
) -> Track:
    """Place an interval; an end that is unknown reaches the edge."""
    return Track(
        value=None if value is None else scale.at(value),
        low=scale.start if low is None else scale.at(low),
        high=scale.end if high is None else scale.at(high),
        bound=None if bound is None else scale.at(bound),
        style=style,
        text=text,
    )


@dataclass(frozen=True)
class Curve:
    """One series of a plot: positions of its points, joined by a line unless they are only dots."""

    name: str
    style: str
    points: tuple[tuple[float, float], ...]
    line: bool = True
    dots: bool = False

    @property
    def path(self) -> str:
        """Spell the points for an SVG polyline."""
        return " ".join(f"{x:g},{y:g}" for x, y in self.points)


@dataclass(frozen=True)
class Plot:
    """A plot with two axes."""

    title: str
    x: str
    y: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    curves: tuple[Curve, ...]
    reference: tuple[float, float, float, float] | None = None
    note: str = ""


@dataclass(frozen=True)
class Series:
    """What a plot shows of one model, in its own units."""

    name: str
    style: str
    points: Sequence[tuple[float, float]]


def plot(
    title: str,
    axes: tuple[str, str],
    series: Sequence[Series],
    *,
    unit: bool = False,
    line: bool = True,
    dots: bool = False,
    reference: tuple[float, float, float, float] | None = None,
    note: str = "",
) -> Plot:
    """Place series on common axes; `unit` fixes both to 0..1, `reference` is a line x1, y1, x2, y2 or left to right."""
    x = _axis([p[0] for s in series for p in s.points], LEFT, WIDTH - RIGHT, unit=unit)
    y = _axis([p[1] for s in series for p in s.points], HEIGHT - BOTTOM, TOP, unit=unit)
    curves = tuple(Curve(s.name, s.style, tuple((x.at(a), y.at(b)) for a, b in s.points), line, dots) for s in series)
    placed = None
    if reference is not None:
        placed = (x.at(reference[0]), y.at(reference[1]), x.at(reference[2]), y.at(reference[3]))
    return Plot(title, *axes, x.ticks(), y.ticks(), curves, placed, note)


def _axis(values: list[float], start: float, end: float, *, unit: bool) -> Scale:
    return Scale(0.0, 1.0, start, end) if unit else Scale.around(values, start, end)
