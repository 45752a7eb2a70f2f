"""What the monitor found in Prometheus' text format, for a node exporter's textfile collector or a push gateway.

Names begin with `mlops_`, units are base units, labels are pipelines, environments, kinds, columns of the YAML, the
parts of their dates that a model reads and the reasons of a fixed list: their number never depends on requests.
What a value is of stands beside it as a series of its own, for a textfile collector takes no timestamps: a rule on a
value asks for `time() - ..._window_end_timestamp_seconds` as well, a dead-man's switch watches `time() -
mlops_monitor_last_success_timestamp_seconds`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING

from mlops.files.prometheus import family

if TYPE_CHECKING:
    from mlops.documents.monitor import MonitorReport, WindowReport

STATUSES = ("alarm", "data-incident", "insufficient", "ok")
_HELP = {
    "mlops_monitor_last_success_timestamp_seconds": "When the monitor last came to a result.",
    "mlops_monitor_evaluated_until_timestamp_seconds": "Event time up to which the log was judged.",
    "mlops_monitor_newest_record_timestamp_seconds": "Event time of the newest record in the log.",
    "mlops_monitor_status_info": "1 for the status that holds.",
    "mlops_monitor_alarms": "Alarms by kind.",
    "mlops_monitor_alarm_window_end_timestamp_seconds": "End of the latest window that shows an alarm of the kind.",
    "mlops_monitor_window_end_timestamp_seconds": "End of the latest window: of records, refusals, shifts.",
    "mlops_monitor_window_records": "Records in the latest window.",
    "mlops_monitor_window_refused": "Rows of the latest window that servers refused.",
    "mlops_monitor_refused_rows": "Rows that servers refused in the latest window, by column and reason.",
    "mlops_monitor_shift_size": "Size of the shift of a column in the latest window, in the measure report.json names.",
    "mlops_monitor_performance": "The metric over the latest labelled window.",
    "mlops_monitor_performance_window_end_timestamp_seconds": "End of the window that the metric is over.",
    "mlops_monitor_performance_bound": "The bound that the metric is held to.",
}
Sample = tuple[str, dict[str, str], float]


def exposition(documents: Sequence[MonitorReport], bounds: Mapping[str, tuple[str, float]], now: float) -> str:
    """Spell reports; `bounds` gives metric and bound by pipeline, `now` is seconds since 1970."""
    samples = sorted(
        (sample for document in documents for sample in _samples(document, bounds.get(document.pipeline), now)),
        key=lambda sample: (list(_HELP).index(sample[0]), sorted(sample[1].items())),
    )
    lines: list[str] = []
    for name, found in groupby(samples, key=lambda sample: sample[0]):
        lines += family(name, "gauge", _HELP[name], (("", labels, value) for _, labels, value in found))
    return "\n".join(lines) + "\n"


def _samples(document: MonitorReport, bound: tuple[str, float] | None, now: float) -> Iterator[Sample]:
    environment = document.environment
    own = {"pipeline": document.pipeline} | ({} if environment is None else {"environment": environment})
    yield "mlops_monitor_last_success_timestamp_seconds", own, float(now)
    yield "mlops_monitor_evaluated_until_timestamp_seconds", own, _seconds(document.until)
    if document.newest_record is not None:
        yield "mlops_monitor_newest_record_timestamp_seconds", own, _seconds(document.newest_record)
    for status in STATUSES:
        yield "mlops_monitor_status_info", own | {"status": status}, float(document.status == status)
    for kind in ("drift", "performance"):
        ends = [_seconds(alarm.until) for alarm in document.alarms if alarm.kind == kind]
        yield "mlops_monitor_alarms", own | {"kind": kind}, float(len(ends))
        if ends:
            yield "mlops_monitor_alarm_window_end_timestamp_seconds", own | {"kind": kind}, max(ends)
    if document.windows:
        yield from _latest(document.windows[-1], own)
    if bound is not None:
        yield from _performance(document.windows, *bound, own)


def _latest(window: WindowReport, own: Mapping[str, str]) -> Iterator[Sample]:
    yield "mlops_monitor_window_end_timestamp_seconds", {**own}, _seconds(window.end)
    yield "mlops_monitor_window_records", {**own}, float(window.rows)
    yield "mlops_monitor_window_refused", {**own}, float(window.refused.rows)
    for item in window.refused.by:
        why = {"column": item.column, "reason": item.reason}
        yield "mlops_monitor_refused_rows", {**own, **why}, float(item.rows)
    for shift in window.shifts:
        if shift.size is not None:
            yield "mlops_monitor_shift_size", {**own, "column": shift.column}, float(shift.size)


def _performance(
    windows: Sequence[WindowReport], metric: str, limit: float, own: Mapping[str, str]
) -> Iterator[Sample]:
    labels = {**own, "metric": metric}
    yield "mlops_monitor_performance_bound", labels, float(limit)
    measured = [(w.performance.value, w.end) for w in windows if w.performance is not None]
    known = [(value, end) for value, end in measured if value is not None]
    if known:
        yield "mlops_monitor_performance", labels, float(known[-1][0])
        yield "mlops_monitor_performance_window_end_timestamp_seconds", labels, _seconds(known[-1][1])


def _seconds(time: str) -> float:
    return datetime.fromisoformat(time).timestamp()
