"""What the monitor found in Prometheus' text format, for a node exporter's textfile collector or a push gateway.

Names begin with `mlops_`, units are base units, labels are pipelines, kinds, columns of the YAML and the reasons of a
fixed list: their number never depends on requests. Format: prometheus.io/docs/instrumenting/exposition_formats. A
dead-man's switch watches `time() - mlops_monitor_last_success_timestamp_seconds`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

STATUSES = ("alarm", "data-incident", "insufficient", "ok")
_HELP = {
    "mlops_monitor_last_success_timestamp_seconds": "When the monitor last came to a result.",
    "mlops_monitor_evaluated_until_timestamp_seconds": "Event time up to which the log was judged.",
    "mlops_monitor_status_info": "1 for the status that holds.",
    "mlops_monitor_alarms": "Alarms by kind.",
    "mlops_monitor_window_records": "Records in the latest window.",
    "mlops_monitor_window_refused": "Rows of the latest window that servers refused.",
    "mlops_monitor_refused_rows": "Rows that servers refused in the latest window, by column and reason.",
    "mlops_monitor_shift_size": "Size of the shift of a column in the latest window, in the measure report.json names.",
    "mlops_monitor_performance": "The metric over the latest labelled window.",
    "mlops_monitor_performance_bound": "The bound that the metric is held to.",
}
Sample = tuple[str, dict[str, str], float]


def exposition(documents: Sequence[Mapping[str, Any]], bounds: Mapping[str, tuple[str, float]], now: float) -> str:
    """Spell reports; `bounds` gives metric and bound by pipeline, `now` is seconds since 1970."""
    samples = sorted(
        (sample for document in documents for sample in _samples(document, bounds.get(document["pipeline"]), now)),
        key=lambda sample: (list(_HELP).index(sample[0]), sorted(sample[1].items())),
    )
    lines: list[str] = []
    for name, labels, value in samples:
        if f"# TYPE {name} gauge" not in lines:
            lines += [f"# HELP {name} {_HELP[name]}", f"# TYPE {name} gauge"]
        spelled = ",".join(f'{key}="{_escaped(text)}"' for key, text in sorted(labels.items()))
        lines.append(f"{name}{{{spelled}}} {value!r}")
    return "\n".join(lines) + "\n"


def _samples(document: Mapping[str, Any], bound: tuple[str, float] | None, now: float) -> Iterator[Sample]:
    own = {"pipeline": document["pipeline"]}
    until = datetime.fromisoformat(document["until"]).timestamp()
    yield "mlops_monitor_last_success_timestamp_seconds", own, float(now)
    yield "mlops_monitor_evaluated_until_timestamp_seconds", own, until
    for status in STATUSES:
        yield "mlops_monitor_status_info", own | {"status": status}, float(document["status"] == status)
    for kind in ("drift", "performance"):
        count = sum(alarm["kind"] == kind for alarm in document["alarms"])
        yield "mlops_monitor_alarms", own | {"kind": kind}, float(count)
    if document["windows"]:
        last = document["windows"][-1]
        yield "mlops_monitor_window_records", own, float(last["rows"])
        yield "mlops_monitor_window_refused", own, float(last["refused"]["rows"])
        for item in last["refused"]["by"]:
            why = {"column": item["column"], "reason": item["reason"]}
            yield "mlops_monitor_refused_rows", own | why, float(item["rows"])
        for shift in last["shifts"]:
            if shift["size"] is not None:
                yield "mlops_monitor_shift_size", own | {"column": shift["column"]}, float(shift["size"])
    if bound is not None:
        metric, limit = bound
        yield "mlops_monitor_performance_bound", own | {"metric": metric}, float(limit)
        values = [window["performance"] for window in document["windows"] if window["performance"] is not None]
        values = [found["value"] for found in values if found["value"] is not None]
        if values:
            yield "mlops_monitor_performance", own | {"metric": metric}, float(values[-1])


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
