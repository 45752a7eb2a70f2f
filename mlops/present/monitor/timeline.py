"""A value over the windows: a dot each, with its interval where there is one, on axes of dates and of the value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mlops.documents.monitor import WindowReport
from mlops.files.figures import figure
from mlops.files.intervals import interval, number
from mlops.present.report.charts import Scale, Tick

WIDTH, HEIGHT = 380, 170
LEFT, RIGHT, TOP, BOTTOM = 50, 12, 14, 28
_DATES = 4  # that the axis says
_ROOM = 1.1  # the axis goes a little beyond the greatest value


@dataclass(frozen=True)
class Point:
    """What is known of one window: its place among all, a value, whether it is bad, an interval."""

    index: int
    value: float
    bad: bool = False
    ends: tuple[float, float] | None = None


@dataclass(frozen=True)
class Dot:
    """A point as it is drawn; `whisker` holds the heights of the interval's ends."""

    x: float
    y: float
    style: str
    text: str
    whisker: tuple[float, float] | None


@dataclass(frozen=True)
class Timeline:
    """One chart: what it shows, its last value, axes, dots, and the bound at its line; `note` is for a reader."""

    name: str
    note: str
    last: str
    state: str
    said: str
    """All of it in a sentence, for who does not see it."""
    dates: tuple[Tick, ...]
    values: tuple[Tick, ...]
    bound: Tick | None
    dots: tuple[Dot, ...]

    @property
    def line(self) -> str:
        """Spell the dots for an SVG polyline."""
        return " ".join(f"{dot.x:g},{dot.y:g}" for dot in self.dots)


def timeline(
    name: str,
    points: Sequence[Point],
    bound: float | None,
    windows: Sequence[WindowReport],
    state: str,
    *,
    zero: bool = True,
    note: str = "",
) -> Timeline:
    """Draw points of windows, of which there is at least one; the axis begins at `zero`, or close to the values."""
    along, up = _along(windows), _up(points, bound, zero=zero)
    dots = tuple(_dot(point, windows[point.index], along, up) for point in points)
    last = number(points[-1].value) if points else "too little is known"
    line = None if bound is None else Tick(up.at(bound), f"bound {figure(bound)}")
    told = [f"{name}: {last}" + (f" in the window from {day(windows, points[-1].index)}" if points else "")]
    told += [line.text] if line else []
    told += [f"windows from {day(windows, 0)} to {day(windows, -1)}", f"{sum(p.bad for p in points)} of them too far"]
    return Timeline(name, note, last, state, "; ".join(told), tuple(_dates(windows, along)), up.ticks(), line, dots)


def day(windows: Sequence[WindowReport], index: int) -> str:
    """Spell when a window begins; windows that are shorter than a day need the hour too.

    >>> from mlops.documents.monitor import WindowReport
    >>> moments = {"start": "2026-11-02T00:00:00Z", "end": "2026-11-02T06:00:00Z"}
    >>> day([WindowReport.model_construct(**moments)], 0)
    '2 Nov 00:00'
    """
    start, end = (datetime.fromisoformat(at) for at in (windows[index].start, windows[index].end))
    return f"{start.day} {start:%b}" + ("" if end - start >= timedelta(days=1) else f" {start:%H:%M}")


def _along(windows: Sequence[WindowReport]) -> Scale:
    first, last = _at(windows[0]), _at(windows[-1])
    room = max(last - first, 1.0) * 0.02
    return Scale(first - room, last + room, LEFT, WIDTH - RIGHT)


def _at(window: WindowReport) -> float:
    return datetime.fromisoformat(window.start).timestamp()


def _up(points: Sequence[Point], bound: float | None, *, zero: bool) -> Scale:
    values = [point.value for point in points] + [end for point in points for end in point.ends or ()]
    values += [] if bound is None else [bound]
    if not zero:
        return Scale.around(values, HEIGHT - BOTTOM, TOP, pad=0.15)
    return Scale(0.0, (max(values, default=0.0) or 1.0) * _ROOM, HEIGHT - BOTTOM, TOP)


def _dot(point: Point, window: WindowReport, along: Scale, up: Scale) -> Dot:
    ends = "" if point.ends is None else f" {interval(*point.ends)}"
    whisker = None if point.ends is None else (up.at(point.ends[0]), up.at(point.ends[1]))
    text = f"{window.start[:16].replace('T', ' ')}: {number(point.value)}{ends}"
    return Dot(along.at(_at(window)), up.at(point.value), "bad" if point.bad else "plain", text, whisker)


def _dates(windows: Sequence[WindowReport], along: Scale) -> Iterator[Tick]:
    """Mark the first window, the last, and some between at even steps."""
    steps = min(len(windows), _DATES) - 1
    chosen = {round(step * (len(windows) - 1) / steps) for step in range(steps + 1)} if steps else {0}
    yield from (Tick(along.at(_at(windows[index])), day(windows, index)) for index in sorted(chosen))
