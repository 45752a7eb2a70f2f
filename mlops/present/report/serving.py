"""What serving costs: one dot a repetition, candidate and champion."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from mlops.files.figures import plural
from mlops.present.report.forests import Cell, Forest, forest

if TYPE_CHECKING:
    from mlops.present.report.documents import Document

_TITLES = {
    "latency_p50": "Latency, median",
    "latency_p99": "Latency, 99th percentile",
    "throughput": "Throughput",
    "cold_start": "Cold start",
    "memory": "Memory",
    "size": "Size",
}


@dataclass(frozen=True)
class Serving:
    """A forest for each quantity."""

    forests: tuple[Forest, ...]
    note: str


def serving(document: Document) -> Serving | None:
    """Draw medians of the repetitions with the least and the greatest; None where nothing was measured."""
    repetitions = document.get("repetitions") or {}
    if not repetitions.get("candidate"):
        return None
    units = document.get("units") or {}
    forests = [_forest(name, title, repetitions, str(units.get(name, ""))) for name, title in _TITLES.items()]
    times = max((len(values) for values in repetitions["candidate"].values()), default=0)
    note = f"Median, least and greatest of {plural(times, 'repetition')} in fresh processes, taken in turns"
    return Serving(tuple(each for each in forests if each.rows), note)


def _forest(name: str, title: str, repetitions: Document, unit: str) -> Forest:
    factor, unit = (1000.0, "ms") if unit == "s" and name != "cold_start" else (1.0, unit)
    cells = []
    for model in ("candidate", "champion"):
        known = [factor * value for value in repetitions.get(model, {}).get(name) or () if value is not None]
        if known:
            cells.append(Cell(model, median(known), min(known), max(known), style=model))
    return forest(title, unit, cells)
