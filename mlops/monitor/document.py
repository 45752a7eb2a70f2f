"""`report.json`: what the monitor found, as plain JSON; within a schema version keys are only added."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from mlops.files.canonical import rounded
from mlops.monitor.judge import Alarm, Judged, Result

if TYPE_CHECKING:
    from datetime import datetime

    from mlops.configuration.accept import Acceptance
    from mlops.monitor.quality import Incident
    from mlops.monitor.reference import Reference
    from mlops.monitor.windows import Window

SCHEMA_VERSION = 1


def document(
    result: Result, reference: Reference, name: str, newest: datetime | None = None, environment: str | None = None
) -> dict[str, Any]:
    """Spell a result; numbers have six digits, times are UTC, what is not a number is null.

    `newest` is the time of the newest record in the log, whichever bundle answered; `environment` is whose servers it
    is about, null where a project has none.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "pipeline": name,
        "environment": environment,
        "bundle": reference.bundle,
        "reference": reference.profile_digest,
        "until": spelled(result.until),
        "newest_record": None if newest is None else spelled(newest),
        "status": result.status,
        "why": result.why,
        "alarms": [_alarm(alarm) for alarm in result.alarms],
        "windows": [_window(window) for window in result.windows],
    }


def spelled(at: datetime) -> str:
    """Spell a time in UTC as RFC 3339, to the second."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _alarm(alarm: Alarm) -> dict[str, Any]:
    return {
        "kind": alarm.kind,
        "name": alarm.name,
        "windows": [spelled(window.start) for window in alarm.windows],
        "until": spelled(alarm.windows[-1].end),
        "value": rounded(alarm.value),
        "bound": rounded(alarm.bound),
        "sentence": alarm.sentence,
    }


def _window(judged: Judged) -> dict[str, Any]:
    incidents = [rounded(asdict(incident)) for incident in judged.incidents]
    return {
        **_span(judged.window),
        "rows": judged.rows,
        "other_bundles": judged.others,
        "refused": _refused(judged),
        "verdict": _verdict(judged),
        "incidents": incidents,
        "accepted": [_accepted(incident, entry) for incident, entry in judged.accepted],
        "shifts": [rounded(asdict(shift)) for shift in judged.shifts],
        "performance": None if judged.performance is None else rounded(asdict(judged.performance)),
    }


def _accepted(incident: Incident, entry: Acceptance) -> dict[str, Any]:
    known = {key: getattr(entry, key) for key in ("cause", "until", "owner", "approver")}
    found: dict[str, Any] = rounded(asdict(incident)) | known
    return found | {"sentence": f"{incident.sentence}; {entry.told}"}


def _refused(judged: Judged) -> dict[str, Any]:
    """Spell how many rows were refused, and for what; most first."""
    most = sorted(judged.refused.items(), key=lambda item: (-item[1], item[0]))
    by = [{"column": column, "reason": reason, "rows": rows} for (column, reason), rows in most]
    return {"rows": sum(judged.refused.values()), "by": by}


def _span(window: Window) -> dict[str, str]:
    return {"start": spelled(window.start), "end": spelled(window.end)}


def _verdict(judged: Judged) -> str:
    if judged.incidents:
        return "data-incident"
    if not judged.comparable:
        return "insufficient"
    return "shifted" if any(shift.verdict == "drift" for shift in judged.shifts) else "ok"
