"""What the monitor found, in a few lines a model."""

from __future__ import annotations

from collections.abc import Iterator

from mlops.diagnostics import visible
from mlops.documents.monitor import MonitorReport
from mlops.present.terminal.style import symbol

_STATES = {"ok": "pass", "alarm": "fail", "data-incident": "fail", "insufficient": "inconclusive"}


def lines(document: MonitorReport) -> Iterator[str]:
    """Print the status, the alarms, and what else is wrong with the newest window."""
    windows = document.windows
    said = f"{document.status}, {len(windows)} windows until {document.until}: {visible(document.why)}"
    yield f"{symbol(_STATES[document.status])} {document.pipeline}: {said}"
    if (newest := document.newest_record) is not None and windows and newest < windows[-1].start:
        yield f"    the newest record is from {newest}: what the log showed until then is not how things are"
    yield from (f"    {visible(alarm.sentence)}" for alarm in document.alarms)
    for last in windows[-1:]:
        yield from (f"    {visible(incident.sentence)}" for incident in (*last.incidents[1:], *last.accepted))
