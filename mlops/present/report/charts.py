"""Geometry of the page's figures. Numbers become positions here; the templates only draw them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

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

    def ticks(self, most: int = 5, *, whole: bool = False) -> tuple[Tick, ...]:
        """Mark round numbers, at most `most` of them; `whole` ones alone, where there is nothing between."""
        span = self.high - self.low
        step = 10 ** math.floor(math.log10(span / most))
        factors = (1, 2, 5, 10, 20) if whole else (1, 2, 2.5, 5, 10, 20)
        step *= next(factor for factor in factors if span / (step * factor) <= most)
        step = max(step, 1) if whole else step
        digits = max(0, -math.floor(math.log10(step) + 1e-9) + (1 if f"{step:e}".startswith("2.5") else 0))
        first = math.ceil(self.low / step - 1e-9)
        values = [number * step for number in range(first, math.floor(self.high / step + 1e-9) + 1)]
        return tuple(Tick(self.at(value), f"{value + 0.0:,.{digits}f}".replace("-", "−")) for value in values)


@dataclass(frozen=True)
class Track:
    """A dot with whiskers on a horizontal scale, all in per cent of its width."""

    value: float | None
    low: float
    high: float
    bound: float | None
    style: str
    text: str
    base: float | None = None
    """Where a bar to the value begins; no bar where None."""


def track(
    scale: Scale,
    value: float | None,
    low: float | None,
    high: float | None,
    *,
    bound: float | None = None,
    style: str = "candidate",
    text: str = "",
    base: float | None = None,
) -> Track:
    """Place an interval; an end that is unknown reaches the edge."""
    return Track(
        value=None if value is None else scale.at(value),
        low=scale.start if low is None else scale.at(low),
        high=scale.end if high is None else scale.at(high),
        bound=None if bound is None else scale.at(bound),
        style=style,
        text=text,
        base=None if base is None else scale.at(base),
    )


@dataclass(frozen=True)
class Curve:
    """One series of a plot: positions of its points, joined by a line unless they are only dots."""

    name: str
    style: str
    points: tuple[tuple[float, float], ...]
    line: bool = True
    dots: bool = False
    whiskers: tuple[tuple[float, float, float], ...] = ()

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
    marks: tuple[Tick, ...] = ()
    left: float = LEFT
    """Where the horizontal axis begins: what the other says has its place before it."""


@dataclass(frozen=True)
class Series:
    """What a plot shows of one model, in its own units; `ends` are the interval of each point."""

    name: str
    style: str
    points: Sequence[tuple[float, float]]
    ends: Sequence[tuple[float, float]] = ()


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
    marks: Sequence[tuple[float, str]] = (),
    whole: bool = False,
) -> Plot:
    """Place series on common axes; `unit` fixes both to 0..1, `reference` is a line x1, y1, x2, y2.

    `marks` are upright lines, each with what it says; `whole` marks whole numbers alone across.
    """
    heights = [
        height for s in series for height in (*(p[1] for p in s.points), *(end for pair in s.ends for end in pair))
    ]
    y = _axis(heights, HEIGHT - BOTTOM, TOP, unit=unit)
    left = _left(y.ticks(), axes[1])
    x = _axis([*(p[0] for s in series for p in s.points), *(at for at, _ in marks)], left, WIDTH - RIGHT, unit=unit)
    curves = tuple(_curve(s, x, y, line=line, dots=dots) for s in series)
    placed = None
    if reference is not None:
        placed = (x.at(reference[0]), y.at(reference[1]), x.at(reference[2]), y.at(reference[3]))
    upright = tuple(Tick(x.at(at), text) for at, text in marks)
    return Plot(title, *axes, x.ticks(whole=whole), y.ticks(), curves, placed, note, upright, left)


def _left(ticks: Sequence[Tick], title: str) -> float:
    """Leave room for the longest mark, and before it for the title that stands upright."""
    longest = max((len(tick.text) for tick in ticks), default=0)
    return max(LEFT, math.ceil(7.2 * longest) + (26 if title else 9))


def _curve(series: Series, x: Scale, y: Scale, *, line: bool, dots: bool) -> Curve:
    points = tuple((x.at(a), y.at(b)) for a, b in series.points)
    whiskers = tuple((at, y.at(low), y.at(high)) for (at, _), (low, high) in zip(points, series.ends, strict=False))
    return Curve(series.name, series.style, points, line, dots, whiskers)


def _axis(values: list[float], start: float, end: float, *, unit: bool) -> Scale:
    return Scale(0.0, 1.0, start, end) if unit else Scale.around(values, start, end)


@dataclass(frozen=True)
class Bar:
    """One bar of a histogram: where it begins, how wide and how high, in a box of 100 by 40; and what it says."""

    x: float
    width: float
    height: float
    text: str


def histogram(edges: Sequence[float], counts: Sequence[int]) -> tuple[Bar, ...]:
    """Draw bins (-inf, e1], ..., (ek, inf) by the density of their rows; open ones are as wide as the next."""
    inner = [high - low for low, high in itertools.pairwise(edges)]
    widths = [inner[0] if inner else 1.0, *inner, inner[-1] if inner else 1.0]
    density = [count / width if width > 0 else 0.0 for count, width in zip(counts, widths, strict=True)]
    words = [f"{edge:,.6g}" for edge in edges]
    texts = [f"up to {words[0]}", *(f"{low} to {high}" for low, high in itertools.pairwise(words)), f"over {words[-1]}"]
    return _bars(widths, density, [f"{text}: {count:,}" for text, count in zip(texts, counts, strict=True)])


def columns(levels: Sequence[tuple[str, int]]) -> tuple[Bar, ...]:
    """Draw a bar for each text."""
    return _bars([1.0] * len(levels), [float(n) for _, n in levels], [f"{name}: {n:,}" for name, n in levels])


def _bars(widths: Sequence[float], heights: Sequence[float], texts: Sequence[str]) -> tuple[Bar, ...]:
    whole, most = sum(widths) or 1.0, max(heights, default=0.0) or 1.0
    left = [0.0, *itertools.accumulate(widths)]
    return tuple(
        Bar(round(100 * x / whole, 2), round(100 * width / whole, 2), round(40 * height / most, 2), text)
        for x, width, height, text in zip(left, widths, heights, texts, strict=False)
    )
