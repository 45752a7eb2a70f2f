"""`report.html`: one self-contained page a model, light and dark, without a script or anything fetched."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mlops.bundle.refusal import REASONS
from mlops.documents.monitor import MonitorReport, WindowReport
from mlops.present.html import html
from mlops.present.report.charts import Scale

WIDTH, HEIGHT = 220, 48
_MEASURES = {
    "psi": "population stability index",
    "jensen_shannon": "Jensen-Shannon distance",
    "wasserstein": "Wasserstein distance in standard deviations",
}
_SHOWN = 40  # columns drawn, those that moved most, and causes of refused rows


@dataclass(frozen=True)
class Dot:
    """One window of a small plot: where, of which kind, and what a pointer reads."""

    x: float
    y: float
    style: str
    text: str


@dataclass(frozen=True)
class Row:
    """A small plot over all windows: values as dots and a line, the bound as a dashed line; `note` is for a reader."""

    name: str
    note: str
    last: str
    state: str
    bound: float | None
    dots: tuple[Dot, ...]

    @property
    def line(self) -> str:
        """Spell the dots for an SVG polyline."""
        return " ".join(f"{dot.x:g},{dot.y:g}" for dot in self.dots)


def render(document: MonitorReport, measure: str, metric: tuple[str, float] | None) -> str:
    """Print the page of a report; `metric` is its name and bound."""
    return html(
        "mlops.present.monitor",
        "monitor.html",
        report=document,
        measure=_MEASURES[measure],
        columns=columns(document, measure),
        performance=None if metric is None else _performance(document, *metric),
        volume=_volume(document),
        refused=_refused(document),
        refusals=_refusals(document),
        width=WIDTH,
        height=HEIGHT,
    )


def columns(document: MonitorReport, measure: str) -> tuple[Row, ...]:
    """Draw each column over the windows: alarms first, then by size; another measure than the declared one is noted."""
    windows = document.windows
    alarming = {alarm.name for alarm in document.alarms if alarm.kind == "drift"}
    series: dict[str, list[tuple[int, float, str]]] = {}
    notes: dict[str, str] = {}
    bounds: dict[str, float] = {}
    for index, window in enumerate(windows):
        for shift in window.shifts:
            points = series.setdefault(shift.column, [])
            bounds[shift.column] = shift.bound
            if shift.size is not None:
                notes[shift.column] = "" if shift.measure == measure else _MEASURES[shift.measure]
                style = "bad" if shift.verdict == "drift" else "plain"
                points.append((index, shift.size, style))
    rows = [(name not in alarming, -points[-1][1] if points else 0.0, name, points) for name, points in series.items()]
    return tuple(
        _row(name, points, bounds[name], windows, "fail" if not calm else "pass", note=notes.get(name, ""))
        for calm, _, name, points in sorted(rows)[:_SHOWN]
    )


def _performance(document: MonitorReport, name: str, limit: float) -> Row:
    windows = document.windows
    found = [(index, window.performance) for index, window in enumerate(windows) if window.performance is not None]
    points = [
        (index, item.value, "bad" if item.verdict == "worse" else "plain")
        for index, item in found
        if item.value is not None
    ]
    alarming = any(alarm.kind == "performance" for alarm in document.alarms)
    note = f"window from {windows[points[-1][0]].start[:10]}" if points else ""
    return _row(name, points, limit, windows, "fail" if alarming else "pass", zero=False, note=note)


def _volume(document: MonitorReport) -> Row:
    windows = document.windows
    points = [
        (index, float(window.rows), "bad" if window.incidents else "plain") for index, window in enumerate(windows)
    ]
    return _row("records", points, None, windows, "fail" if windows and windows[-1].incidents else "pass")


def _refused(document: MonitorReport) -> Row | None:
    """Draw the share of refused rows; None where there never were any."""
    windows = document.windows
    if not any(window.refused.rows for window in windows):
        return None
    broken = [any(incident.check == "refused" for incident in window.incidents) for window in windows]
    points = [
        (index, window.refused.rows / max(1, window.rows + window.refused.rows), "bad" if bad else "plain")
        for index, (window, bad) in enumerate(zip(windows, broken, strict=True))
    ]
    return _row("refused, of all rows", points, None, windows, "fail" if broken[-1] else "pass")


def _refusals(document: MonitorReport) -> list[tuple[str, int, str, str]]:
    """List what rows were refused for, by window: its start, rows, column and the reason in words; the latest first."""
    found = [
        (window.start, item.rows, item.column, f"{item.reason}: {REASONS[item.reason]}")
        for window in reversed(document.windows)
        for item in window.refused.by
    ]
    return found[:_SHOWN]


def _row(
    name: str,
    points: Sequence[tuple[int, float, str]],
    bound: float | None,
    windows: Sequence[WindowReport],
    state: str,
    *,
    zero: bool = True,
    note: str = "",
) -> Row:
    bounds = [] if bound is None else [bound]
    values = [value for _, value, _ in points if math.isfinite(value)] + bounds + ([0.0] if zero else [])
    low = min(values)
    up = Scale(low, max(values) if max(values) > low else low + 1.0, HEIGHT - 4, 4)
    along = Scale(0.0, max(1, len(windows) - 1), 4, WIDTH - 4)
    dots = tuple(
        Dot(along.at(index), up.at(value), style, f"{windows[index].start[:13]}: {value:.4g}")
        for index, value, style in points
    )
    last = f"{points[-1][1]:,.4g}" if points else "insufficient"
    return Row(name, note, last, state, None if bound is None else up.at(bound), dots)
