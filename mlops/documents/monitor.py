"""`report.json` of the monitor: what the windows of a prediction log showed, and what lasted."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator

from mlops.documents.document import Document, Number, Part

Status = Literal["ok", "alarm", "data-incident", "insufficient"]


def _moment(text: str) -> str:
    datetime.fromisoformat(text)
    return text


Moment = Annotated[str, AfterValidator(_moment)]
"""A time in UTC as RFC 3339, to the second."""


class AlarmReport(Part):
    """What lasted over the windows that begin at these times; the latest of them ended at `until`."""

    kind: Literal["drift", "performance"]
    name: str
    windows: tuple[Moment, ...]
    until: Moment
    value: Number | None
    bound: Number | None
    sentence: str


class IncidentReport(Part):
    """One thing broken in one window; `column` is empty for the window as a whole."""

    check: str
    column: str
    value: Number | None
    bound: Number | None
    sentence: str


class AcceptedReport(IncidentReport):
    """An incident that is known and let pass: why, until when, who asked and who allowed it."""

    cause: str
    until: str
    owner: str
    approver: str


class ShiftReport(Part):
    """How far one column moved in one window."""

    column: str
    measure: str
    size: Number | None
    chance: Number | None
    rows: int
    bound: Number
    verdict: str


class MeasuredReport(Part):
    """A metric over the labelled records of one window."""

    verdict: str
    rows: int
    value: Number | None
    low: Number | None
    high: Number | None


class RefusedRows(Part):
    """Rows that were refused for one reason."""

    column: str
    reason: str
    rows: int


class RefusedReport(Part):
    """How many rows of a window were refused, and for what, most first."""

    rows: int
    by: tuple[RefusedRows, ...]


class WindowReport(Part):
    """One window: what arrived, what was broken, what moved, how good the answers were."""

    start: Moment
    end: Moment
    rows: int
    other_bundles: int
    refused: RefusedReport
    verdict: Literal["data-incident", "insufficient", "shifted", "ok"]
    incidents: tuple[IncidentReport, ...]
    accepted: tuple[AcceptedReport, ...] = ()
    shifts: tuple[ShiftReport, ...]
    performance: MeasuredReport | None


class DistributionReport(Part):
    """The shares of one column's values by bin, in training and in the window that begins at `start`."""

    column: str
    start: Moment
    bins: tuple[str, ...]
    reference: tuple[Number, ...]
    window: tuple[Number, ...]


class MonitorReport(Document):
    """What was found out about a bundle; `environment` is whose servers it is about, null where a project has none."""

    DIGITS: ClassVar[int | None] = 6

    schema_version: Literal[1] = 1
    pipeline: str
    environment: str | None = None
    bundle: str
    reference: str
    """Digest of the profile that it was held against."""
    until: Moment
    newest_record: Moment | None
    """The time of the newest record in the log, whichever bundle answered."""
    status: Status
    why: str
    alarms: tuple[AlarmReport, ...]
    windows: tuple[WindowReport, ...]
    distributions: tuple[DistributionReport, ...] = ()
    """Of the columns that moved most in the latest window which was compared."""
