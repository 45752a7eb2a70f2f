"""What the monitor found, made up: windows in which one column moves away and answers get worse."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

from mlops.documents.monitor import MonitorReport

START = datetime(2026, 11, 2)
COLUMNS = {
    "age": ("up to 20", *(f"{low} to {low + 10}" for low in range(20, 60, 10)), "over 60"),
    "plan": ("basic", "plus", "premium", "others"),
    "insured": ("False", "True"),
    "region": (*(f"region {number}" for number in range(18)), "others"),
}
SHIFTED = "`age` has shifted: psi 0.312, 0.1 allowed, in 3 of the last 3 windows, the latest from 2026-11-15"
WORSE = "accuracy is 0.79 [0.77, 0.81] beyond 0.8 in 2 of the last 3 labelled windows, the latest from 2026-11-13"
BROKEN = "`age` is missing in 33.3% of the records, 2.0% is allowed"
WHY = {
    "ok": "nothing shifted for long enough to matter",
    "alarm": SHIFTED,
    "data-incident": BROKEN,
    "insufficient": "no window has ended yet",
}


def watched(status: str, days: int = 14, hours: int = 24, **more: Any) -> MonitorReport:
    """Make up a report of so many windows, of so many hours each; in the last five `age` moves."""
    windows = [_window(index, days, hours, broken=status == "data-incident") for index in range(days)]
    alarms = [_alarm("drift", "age", SHIFTED, windows[-3:]), _alarm("performance", "accuracy", WORSE, windows[-4:-2])]
    found = {
        "pipeline": "churn", "environment": "prod", "bundle": "sha256:" + "ab12" * 16, "status": status,
        "reference": "sha256:" + "cd34" * 16, "until": _at(days * hours), "newest_record": _at(days * hours - 1),
        "why": WHY[status], "alarms": alarms if status == "alarm" else [], "windows": windows,
        "distributions": [_distribution(name, windows[-1]["start"]) for name in COLUMNS] if windows else [],
    }  # fmt: skip
    return MonitorReport.model_validate(found | more)


def _at(hours: int) -> str:
    return (START + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _window(index: int, days: int, hours: int, *, broken: bool) -> Any:
    late = max(0, index - days + 6)
    refused = 12 if index % 5 == 2 else 0
    null = {"column": "visits", "reason": "null", "rows": refused}
    value = round(0.85 - 0.015 * late + 0.01 * math.sin(index), 4)
    incident = {"check": "nulls", "column": "age", "value": 0.333, "bound": 0.02, "sentence": BROKEN}
    measured = {"rows": 500, "value": value, "low": value - 0.02, "high": value + 0.02}
    return {
        "start": _at(index * hours), "end": _at((index + 1) * hours), "rows": 620 + 17 * (index % 4),
        "other_bundles": 0, "verdict": "shifted" if late > 2 else "ok",
        "refused": {"rows": refused, "by": [null] if refused else []},
        "incidents": [incident] if broken and index == days - 1 else [],
        "shifts": [_shift(name, index, late if name == "age" else 0) for name in COLUMNS],
        "performance": {"verdict": "worse" if late > 2 else "well", **measured} if index < days - 2 else None,
    }  # fmt: skip


def _shift(name: str, index: int, late: int) -> Any:
    size = round(0.03 + 0.01 * math.sin(index * len(name)) + 0.05 * late, 4)
    verdict = "drift" if size >= 0.1 else "none"
    found = {"column": name, "measure": "psi", "size": size, "bound": 0.1, "rows": 620}
    return {**found, "chance": 1e-6 if verdict == "drift" else 0.4, "verdict": verdict}


def _distribution(name: str, start: str) -> Any:
    bins = COLUMNS[name]
    before = [1.0 + 0.5 * math.sin(number) for number in range(len(bins))]
    now = [share * (1 + (0.3 * number if name == "age" else 0.02)) for number, share in enumerate(before)]
    reference, window = ([share / sum(shares) for share in shares] for shares in (before, now))
    return {"column": name, "start": start, "bins": bins, "reference": reference, "window": window}


def _alarm(kind: str, name: str, sentence: str, windows: list[Any]) -> Any:
    starts = [window["start"] for window in windows]
    until = windows[-1]["end"] if windows else _at(0)
    return {
        "kind": kind,
        "name": name,
        "windows": starts,
        "until": until,
        "value": 1.0,
        "bound": 0.1,
        "sentence": sentence,
    }
