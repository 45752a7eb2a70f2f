"""`report.html`: one self-contained page a model, in the report's hand, without a script or anything fetched."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mlops.bundle.refusal import REASONS
from mlops.documents.monitor import MonitorReport, ShiftReport
from mlops.files.figures import figure as asked
from mlops.ml.evaluation.judging.names import called
from mlops.present.html import html
from mlops.present.monitor.advice import Step, advice
from mlops.present.monitor.distribution import Distribution, distribution
from mlops.present.monitor.timeline import HEIGHT, WIDTH, Point, Timeline, day, timeline
from mlops.present.report.words import count, figure, interval

_MEASURES = {
    "psi": "population stability index",
    "jensen_shannon": "Jensen-Shannon distance",
    "wasserstein": "Wasserstein distance in standard deviations",
}
_SHOWN = 40  # columns drawn, those that moved most, and causes of refused rows
_BANNERS = {
    "ok": ("pass", "Nothing has shifted"),
    "alarm": ("fail", "Alarm"),
    "data-incident": ("fail", "The feed is broken"),
    "insufficient": ("inconclusive", "Too little is known"),
}


@dataclass(frozen=True)
class Banner:
    """The verdict in words."""

    verdict: str
    headline: str
    summary: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Tile:
    """One figure of the latest window, large."""

    name: str
    value: str
    note: str


@dataclass(frozen=True)
class Column:
    """A column: how far it moved over the windows, and its values in the latest of them beside training's."""

    timeline: Timeline
    distribution: Distribution | None
    start: str


@dataclass(frozen=True)
class Page:
    """Everything the template prints; what is None or empty has no section."""

    pipeline: str
    subtitle: str
    bundle: str
    banner: Banner
    steps: tuple[Step, ...]
    tiles: tuple[Tile, ...]
    feed: tuple[Timeline, ...]
    refusals: tuple[tuple[str, str, str, str], ...]
    measure: str
    columns: tuple[Column, ...]
    shifts: tuple[ShiftReport, ...]

    @property
    def index(self) -> tuple[tuple[str, str], ...]:
        """Name the sections that are there: (anchor, title)."""
        known = (("next", "What to do next", True), ("feed", "Feed", self.feed), ("refused", "Refused", self.refusals))
        more = (("shift", "Shift", self.columns), ("windows", "Windows", self.feed), ("lineage", "Lineage", True))
        return tuple((anchor, title) for anchor, title, there in (*known, *more) if there)


def render(document: MonitorReport, measure: str, metric: tuple[str, float] | None) -> str:
    """Print the page of a report; `metric` is its name and bound."""
    page = view(document, measure, metric)
    return html("mlops.present.monitor", "monitor.html", report=document, page=page, width=WIDTH, height=HEIGHT)


def view(document: MonitorReport, measure: str, metric: tuple[str, float] | None) -> Page:
    """Decide everything that the page says."""
    latest = next((window for window in reversed(document.windows) if window.shifts), None)
    return Page(
        pipeline=document.pipeline,
        subtitle=_subtitle(document),
        bundle=document.bundle,
        banner=_banner(document),
        steps=advice(document),
        tiles=tuple(_tiles(document, metric)),
        feed=tuple(_feed(document, metric)),
        refusals=_refusals(document),
        measure=_MEASURES[measure],
        columns=columns(document, measure),
        shifts=() if latest is None else latest.shifts,
    )


def columns(document: MonitorReport, measure: str) -> tuple[Column, ...]:
    """Draw each column: alarms first, then by size; another measure than the declared one is noted."""
    alarming = {alarm.name for alarm in document.alarms if alarm.kind == "drift"}
    series: dict[str, list[tuple[int, ShiftReport]]] = {}
    for index, window in enumerate(document.windows):
        for shift in window.shifts:
            series.setdefault(shift.column, []).append((index, shift))
    ranked = sorted(series, key=lambda name: (name not in alarming, -_size(series[name]), name))[:_SHOWN]
    return tuple(_column(document, name, series[name], measure, alarms=name in alarming) for name in ranked)


def _size(shifts: Sequence[tuple[int, ShiftReport]]) -> float:
    """Give how far a column moved at last; what was never measured did not."""
    return next((shift.size for _, shift in reversed(shifts) if shift.size is not None), 0.0)


def _column(
    document: MonitorReport, name: str, shifts: Sequence[tuple[int, ShiftReport]], measure: str, *, alarms: bool
) -> Column:
    points = [Point(index, shift.size, shift.verdict == "drift") for index, shift in shifts if shift.size is not None]
    used = {shift.measure for _, shift in shifts if shift.size is not None} - {measure}
    note = ", ".join(_MEASURES[other] for other in sorted(used))
    bound, state = shifts[-1][1].bound, "fail" if alarms else "pass"
    found = next((item for item in document.distributions if item.column == name), None)
    drawn = None if found is None else distribution(found)
    row = timeline(name, points, bound, document.windows, state, note=note)
    return Column(row, drawn, "" if found is None else found.start[:16].replace("T", " "))


def _subtitle(document: MonitorReport) -> str:
    windows = document.windows
    words = [f"environment {document.environment}" if document.environment else "", f"judged until {document.until}"]
    words += [f"{len(windows)} windows from {windows[0].start[:10]} (times are UTC)"] if windows else []
    return " · ".join(word for word in words if word)


def _banner(document: MonitorReport) -> Banner:
    """Say what was found; what else is wrong, and how old the log is, are reasons below."""
    verdict, headline = _BANNERS[document.status]
    others = [alarm.sentence for alarm in document.alarms]
    others += [item.sentence for window in document.windows[-1:] for item in window.incidents]
    if document.newest_record and document.windows and document.newest_record < document.windows[-1].start:
        others.append(f"the newest record is from {document.newest_record}: this is not how things are now")
    reasons = dict.fromkeys(_plain(sentence) for sentence in others if sentence != document.why)
    return Banner(verdict, headline, _plain(document.why), tuple(reasons))


def _plain(sentence: str) -> str:
    """Begin a sentence as one, without the marks that name a column in a terminal."""
    said = sentence.replace("`", "")
    return said if sentence.startswith("`") else said[:1].upper() + said[1:]


def _tiles(document: MonitorReport, measured: tuple[str, float] | None) -> Iterator[Tile]:
    windows = document.windows
    if not windows:
        return
    last, since = windows[-1], f"window from {day(windows, -1)}"
    yield Tile("Records", count(last.rows), since)
    if last.refused.rows:
        yield Tile("Refused rows", count(last.refused.rows), since)
    if last.shifts:
        moved = sum(shift.verdict == "drift" for shift in last.shifts)
        yield Tile("Columns that shifted", f"{moved} of {len(last.shifts)}", since)
    known = [(index, window.performance) for index, window in enumerate(windows) if window.performance is not None]
    rated = [(index, item) for index, item in known if item.value is not None]
    if measured is not None and rated:
        index, item = rated[-1]
        note = f"{interval(item.low, item.high)}, bound {asked(measured[1])}, window from {day(windows, index)}"
        yield Tile(called(measured[0]), figure(item.value), note)


def _feed(document: MonitorReport, measured: tuple[str, float] | None) -> Iterator[Timeline]:
    windows = document.windows
    if not windows:
        return
    state = "fail" if windows[-1].incidents else "pass"
    points = [Point(index, float(window.rows), bool(window.incidents)) for index, window in enumerate(windows)]
    yield timeline("Records", points, None, windows, state)
    if any(window.refused.rows for window in windows):
        yield _refused(document)
    if measured is not None:
        yield _performance(document, *measured)


def _performance(document: MonitorReport, name: str, limit: float) -> Timeline:
    windows = document.windows
    points = [
        Point(index, item.value, item.verdict == "worse", _ends(item.low, item.high))
        for index, item in ((index, window.performance) for index, window in enumerate(windows))
        if item is not None and item.value is not None
    ]
    alarming = any(alarm.kind == "performance" for alarm in document.alarms)
    note = f"window from {day(windows, points[-1].index)}" if points else ""
    return timeline(called(name), points, limit, windows, "fail" if alarming else "pass", zero=False, note=note)


def _ends(low: float | None, high: float | None) -> tuple[float, float] | None:
    return (low, high) if low is not None and high is not None and math.isfinite(high - low) else None


def _refused(document: MonitorReport) -> Timeline:
    """Draw the share of refused rows."""
    windows = document.windows
    broken = [any(incident.check == "refused" for incident in window.incidents) for window in windows]
    points = [
        Point(index, 100 * window.refused.rows / max(1, window.rows + window.refused.rows), bad)
        for index, (window, bad) in enumerate(zip(windows, broken, strict=True))
    ]
    return timeline("Refused, % of all rows", points, None, windows, "fail" if broken[-1] else "pass")


def _refusals(document: MonitorReport) -> tuple[tuple[str, str, str, str], ...]:
    """List what rows were refused for, by window: its start, rows, column and the reason in words; the latest first."""
    found = [
        (window.start[:16].replace("T", " "), count(item.rows), item.column, f"{item.reason}: {REASONS[item.reason]}")
        for window in reversed(document.windows)
        for item in window.refused.by
    ]
    return tuple(found[:_SHOWN])
