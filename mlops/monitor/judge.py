"""All windows of one model judged together: incidents first, then what lasts over several windows."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import numpy as np
import polars as pl

from mlops.bundle.recipe_items import DATED, NUMERIC, TEXT
from mlops.documents.profile import Levels
from mlops.monitor import dates, drift, performance, quality, sentences
from mlops.monitor.agreed import Agreed
from mlops.monitor.performance import Measured

if TYPE_CHECKING:
    from mlops.blocks.bootstrap import Bootstrap
    from mlops.bundle.refusal import Refusals
    from mlops.configuration.accept import Acceptance
    from mlops.configuration.monitor import Drift, Monitor
    from mlops.documents.monitor import Status
    from mlops.monitor.drift import Bins, Shift
    from mlops.monitor.log import Records
    from mlops.monitor.quality import Incident
    from mlops.monitor.reference import Reference
    from mlops.monitor.windows import Window

OUTPUT = "(output)"
CONFIDENCE = "(confidence)"


@dataclass(frozen=True)
class Judged:
    """One window: a column that is broken in it is not compared, and none is where a part of the window is lost.

    `accepted` are the incidents that are known and let pass; they break nothing.
    """

    window: Window
    rows: int
    others: int
    refused: Refusals
    incidents: tuple[Incident, ...]
    accepted: tuple[tuple[Incident, Acceptance], ...]
    shifts: tuple[Shift, ...]
    performance: Measured | None
    compared: Mapping[str, Bins] = field(default_factory=dict, compare=False)
    """What was compared of each column."""

    @property
    def arrived(self) -> int:
        """Count all rows that somebody asked about: answered by this bundle, by others, or refused."""
        return self.rows + self.others + sum(self.refused.values())

    @property
    def comparable(self) -> bool:
        """Say whether there is any column with enough rows."""
        return any(shift.verdict != "insufficient" for shift in self.shifts)


@dataclass(frozen=True)
class Alarm:
    """What lasted: a `kind` (drift, performance) and what it is about, with the windows that show it."""

    kind: Literal["drift", "performance"]
    name: str
    windows: tuple[Window, ...]
    value: float
    bound: float
    sentence: str


@dataclass(frozen=True)
class Result:
    """Everything found out about one model.

    `status` is the first that holds of data-incident, alarm, insufficient and ok; `why` is a sentence.
    """

    status: Status
    until: datetime
    windows: tuple[Judged, ...]
    alarms: tuple[Alarm, ...]
    why: str


@dataclass(frozen=True)
class Labelled:
    """The labels known by then, the column that groups them, and the bound they are held to."""

    frame: pl.DataFrame
    group: str | None
    bootstrap: Bootstrap
    limit: float


def judge(
    windows: Sequence[Window],
    read: Callable[[Window], Records],
    until: datetime,
    reference: Reference,
    monitor: Monitor,
    labelled: Labelled | None,
    agreed: Agreed | None = None,
) -> Result:
    """Judge the windows, oldest first, each read when its turn comes; raises DataError on labels that fit no class."""
    judged: list[Judged] = []
    for window in windows:
        records = read(window)
        earlier = [other.arrived for other in judged]
        judged.append(_window(window, records, earlier, until, reference, monitor, labelled, agreed or Agreed()))
    due = _due(judged, until, monitor)
    alarms = (*_drifts(judged, monitor.drift), *_performances(due, monitor, labelled))
    status, why = _status(judged, due, alarms, monitor)
    return Result(status, until, tuple(judged), alarms, why)


def _window(
    window: Window,
    records: Records,
    earlier: Sequence[int],
    until: datetime,
    reference: Reference,
    monitor: Monitor,
    labelled: Labelled | None,
    agreed: Agreed,
) -> Judged:
    rows, others, refused = len(records), records.others, records.refused
    if rows == 0 and others and not refused:  # another model answered all day: nothing to say about this one
        return Judged(window, 0, others, refused, (), (), (), None)
    arrived = rows + others + sum(refused.values())
    found = quality.incidents(records.features, arrived, refused, earlier, reference, monitor.quality, agreed.nulls)
    accepted = tuple((incident, entry) for incident in found if (entry := agreed.acceptance(incident, window)))
    news = tuple(incident for incident in found if incident not in [known for known, _ in accepted])
    compared = _compared(window, records, news, reference, monitor.drift)
    shifts = drift.shifts(compared, monitor.drift) if compared else ()
    measured = _performance(window, records, until, reference, monitor, labelled)
    return Judged(window, rows, others, refused, news, accepted, shifts, measured, compared)


def _compared(
    window: Window, records: Records, news: Sequence[Incident], reference: Reference, settings: Drift
) -> dict[str, Bins]:
    """Compare what is whole: of a window that is late or lost in part, nothing says what is missing."""
    if not len(records) or any(incident.check == "volume" for incident in news):
        return {}
    broken = {incident.column for incident in news}
    return dict(bins(window, records, reference, settings, broken))


def _performance(
    window: Window,
    records: Records,
    until: datetime,
    reference: Reference,
    monitor: Monitor,
    labelled: Labelled | None,
) -> Measured | None:
    """Measure whatever was answered: who gets a wrong answer does not ask which column is broken."""
    if labelled is None or monitor.performance is None or not len(records):
        return None
    if not performance.mature(window, until, monitor.performance):
        return Measured("immature", 0)
    return performance.measured(
        records,
        labelled.frame,
        reference.recipe.target,
        labelled.group,
        monitor.performance,
        labelled.bootstrap,
        labelled.limit,
        monitor.labels_by,
    )


def bins(
    window: Window, records: Records, reference: Reference, settings: Drift, broken: Collection[str] = ()
) -> Iterator[tuple[str, Bins]]:
    """Count each watched column that is not broken, and the output, in the bins of the reference."""
    for name, profile in reference.columns.items():
        if name in settings.ignore or name in broken or name not in records.features.columns:
            continue
        known = round(reference.rows * (1 - profile.nulls))
        column = records.features.get_column(name)
        made = None
        if profile.type in DATED:
            found = dates.Dates.of(column, records.at, profile.type)
            yield from dates.bins(name, found, window, profile, known, settings.ignore)
        if profile.type == "text":
            read = sentences.bins(column, profile, reference.recipe.text_of(name), known)
            yield from (pair for pair in read if pair[0] not in settings.ignore)
        elif profile.type in NUMERIC:
            made = drift.numbers(_floats(column), profile, known)
        elif profile.type in TEXT:
            made = drift.texts(column, profile, known)
        if made is not None:
            yield name, made
    if OUTPUT not in settings.ignore:
        yield from _output(records, reference)


def _output(records: Records, reference: Reference) -> Iterator[tuple[str, Bins]]:
    profile, rows = reference.scores, reference.score_rows
    scores = performance.scores(records.output, reference.recipe.target)
    if profile.classes is not None and profile.likeliest is not None:
        classes = list(profile.classes)
        likeliest = pl.Series([classes[index] for index in scores.argmax(axis=1)], dtype=pl.String)
        found = drift.texts(likeliest, Levels(frequencies=profile.classes), rows)
        confidence = drift.numbers(scores.max(axis=1), profile.likeliest, rows)
        pairs = [(OUTPUT, found), (CONFIDENCE, confidence)]
    else:
        pairs = [(OUTPUT, drift.numbers(scores, profile, rows))]
    yield from ((name, made) for name, made in pairs if made is not None)


def _floats(series: pl.Series) -> drift.Floats:
    values: drift.Floats = series.drop_nulls().cast(pl.Float64).to_numpy()
    return np.asarray(values, dtype=np.float64)


def _drifts(judged: Sequence[Judged], settings: Drift) -> Iterator[Alarm]:
    latest = [window for window in judged[-settings.out_of :] if window.comparable]
    names = sorted({shift.column for window in latest for shift in window.shifts})
    for name in names:
        found = [(w, s) for w in latest for s in w.shifts if s.column == name and s.verdict == "drift"]
        if len(found) >= settings.windows:
            last = found[-1][1]
            shifted = "the output" if name == OUTPUT else f"`{name}`"
            words = f"{len(found)} of the last {len(latest)} windows, the latest from {found[-1][0].window.name}"
            sentence = f"{shifted} has shifted: {last.measure} {last.size:.3g}, {last.bound:g} allowed, in {words}"
            yield Alarm("drift", name, tuple(w.window for w, _ in found), last.size, last.bound, sentence)


def _due(judged: Sequence[Judged], until: datetime, monitor: Monitor) -> list[Judged]:
    """Take the latest windows whose labels should be in; what is older is history, even where no labels came since."""
    settings = monitor.performance
    if settings is None:
        return []
    return [item for item in judged if performance.mature(item.window, until, settings)][-monitor.drift.out_of :]


def _performances(due: Sequence[Judged], monitor: Monitor, labelled: Labelled | None) -> Iterator[Alarm]:
    if labelled is None or monitor.performance is None:
        return
    known = _measured(due)
    worse = [(window, found) for window, found in known if found.verdict == "worse"]
    if len(worse) >= monitor.drift.windows:
        last, name = worse[-1][1], monitor.performance.metric
        words = f"{len(worse)} of the last {len(known)} labelled windows, the latest from {worse[-1][0].window.name}"
        sentence = (
            f"{name} is {last.value:.4g} [{last.low:.4g}, {last.high:.4g}] beyond {labelled.limit:.4g} in {words}"
        )
        yield Alarm("performance", name, tuple(w.window for w, _ in worse), last.value, labelled.limit, sentence)


def _measured(judged: Sequence[Judged]) -> list[tuple[Judged, Measured]]:
    found = [(window, window.performance) for window in judged if window.performance is not None]
    return [(window, item) for window, item in found if math.isfinite(item.value)]


def _status(
    judged: Sequence[Judged], due: Sequence[Judged], alarms: Sequence[Alarm], monitor: Monitor
) -> tuple[Status, str]:
    """Decide; what is not known well enough is never `ok`."""
    if not judged:
        return "insufficient", "no window has ended yet"
    if judged[-1].incidents:
        return "data-incident", judged[-1].incidents[0].sentence
    if alarms:
        return "alarm", alarms[0].sentence
    needed = monitor.drift.windows
    comparable = sum(window.comparable for window in judged[-monitor.drift.out_of :])
    if comparable < needed:
        return "insufficient", f"{comparable} of the last windows can be compared, {needed} are needed"
    if monitor.performance is not None and (known := len(_measured(due))) < needed:
        every = _measured(judged)
        last = f"; the latest that has is from {every[-1][0].window.name}" if every else ""
        return "insufficient", f"{known} of the last windows have their labels, {needed} are needed{last}"
    return "ok", "nothing shifted for long enough to matter"
