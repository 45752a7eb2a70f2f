"""`report.json`: what the monitor found, as a document."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Literal

from mlops.documents.monitor import (
    AcceptedReport,
    AlarmReport,
    DistributionReport,
    IncidentReport,
    MeasuredReport,
    MonitorReport,
    RefusedReport,
    RefusedRows,
    ShiftReport,
    WindowReport,
)
from mlops.files.canonical import rounded
from mlops.monitor.judge import Alarm, Judged, Result

if TYPE_CHECKING:
    from datetime import datetime

    from mlops.configuration.accept import Acceptance
    from mlops.monitor.drift import Shift
    from mlops.monitor.quality import Incident
    from mlops.monitor.reference import Reference

_MOVED = 40  # columns whose values are told, those that moved most


def document(
    result: Result, reference: Reference, name: str, newest: datetime | None = None, environment: str | None = None
) -> MonitorReport:
    """Spell a result; numbers have six digits, times are UTC, what is not a number is null.

    `newest` is the time of the newest record in the log, whichever bundle answered; `environment` is whose servers it
    is about, null where a project has none.
    """
    return MonitorReport(
        pipeline=name,
        environment=environment,
        bundle=reference.bundle,
        reference=reference.profile_digest,
        until=spelled(result.until),
        newest_record=None if newest is None else spelled(newest),
        status=result.status,
        why=result.why,
        alarms=tuple(_alarm(alarm) for alarm in result.alarms),
        windows=tuple(_window(window) for window in result.windows),
        distributions=tuple(_distributions(result.windows)),
    )


def spelled(at: datetime) -> str:
    """Spell a time in UTC as RFC 3339, to the second."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _distributions(windows: Sequence[Judged]) -> Iterator[DistributionReport]:
    """Spell what the latest window that was compared is made of, the columns that moved most first."""
    latest = next((item for item in reversed(windows) if item.comparable), None)
    if latest is None:
        return
    known = {shift.column: shift.size for shift in latest.shifts if not math.isnan(shift.size)}
    for name in sorted(known, key=lambda name: (-known[name], name))[:_MOVED]:
        bins = latest.compared[name]
        reference, window = (rounded((counts / counts.sum()).tolist()) for counts in (bins.reference, bins.window))
        start = spelled(latest.window.start)
        yield DistributionReport(column=name, start=start, bins=bins.names, reference=reference, window=window)


def _alarm(alarm: Alarm) -> AlarmReport:
    return AlarmReport(
        kind=alarm.kind,
        name=alarm.name,
        windows=tuple(spelled(window.start) for window in alarm.windows),
        until=spelled(alarm.windows[-1].end),
        value=rounded(alarm.value),
        bound=rounded(alarm.bound),
        sentence=alarm.sentence,
    )


def _window(judged: Judged) -> WindowReport:
    measured = judged.performance
    return WindowReport(
        start=spelled(judged.window.start),
        end=spelled(judged.window.end),
        rows=judged.rows,
        other_bundles=judged.others,
        refused=_refused(judged),
        verdict=_verdict(judged),
        incidents=tuple(IncidentReport(**rounded(asdict(incident))) for incident in judged.incidents),
        accepted=tuple(_accepted(incident, entry) for incident, entry in judged.accepted),
        shifts=tuple(map(_shift, judged.shifts)),
        performance=None if measured is None else MeasuredReport(**rounded(asdict(measured))),
    )


def _accepted(incident: Incident, entry: Acceptance) -> AcceptedReport:
    return AcceptedReport(
        check=incident.check,
        column=incident.column,
        value=rounded(incident.value),
        bound=rounded(incident.bound),
        sentence=f"{incident.sentence}; {entry.told}",
        cause=entry.cause,
        until=entry.until,
        owner=entry.owner,
        approver=entry.approver,
    )


def _refused(judged: Judged) -> RefusedReport:
    """Spell how many rows were refused, and for what; most first."""
    most = sorted(judged.refused.items(), key=lambda item: (-item[1], item[0]))
    by = tuple(RefusedRows(column=column, reason=reason, rows=rows) for (column, reason), rows in most)
    return RefusedReport(rows=sum(judged.refused.values()), by=by)


def _verdict(judged: Judged) -> Literal["data-incident", "insufficient", "shifted", "ok"]:
    if judged.incidents:
        return "data-incident"
    if not judged.comparable:
        return "insufficient"
    return "shifted" if any(shift.verdict == "drift" for shift in judged.shifts) else "ok"


def _shift(shift: Shift) -> ShiftReport:
    """The key says `chance`, as it has from the first version on."""
    known = rounded(asdict(shift))
    return ShiftReport(chance=known.pop("p_value"), **known)
