"""What serving costs: one dot a repetition, candidate and champion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from mlops.documents.serving import ServingReport
from mlops.files.figures import plural
from mlops.gate_rules import SERVING
from mlops.present.report.forests import Cell, Forest, forest

Repetitions = Mapping[str, Mapping[str, tuple[float | None, ...]]]


@dataclass(frozen=True)
class Serving:
    """A forest for each quantity."""

    forests: tuple[Forest, ...]
    note: str


def serving(document: ServingReport) -> Serving | None:
    """Draw medians of the repetitions with the least and the greatest; None where nothing was measured."""
    repetitions = document.repetitions
    if not repetitions.get("candidate"):
        return None
    forests = [_forest(name, kind.label, repetitions, document.units.get(name, "")) for name, kind in SERVING.items()]
    times = max((len(values) for values in repetitions["candidate"].values()), default=0)
    note = f"Median, least and greatest of {plural(times, 'repetition')} in fresh processes, taken in turns"
    return Serving(tuple(each for each in forests if each.rows), note)


def _forest(name: str, title: str, repetitions: Repetitions, unit: str) -> Forest:
    factor, unit = (1000.0, "ms") if unit == "s" and name != "cold_start" else (1.0, unit)
    cells = []
    for model in ("candidate", "champion"):
        known = [factor * value for value in repetitions.get(model, {}).get(name, ()) if value is not None]
        if known:
            cells.append(Cell(model, median(known), min(known), max(known), style=model))
    return forest(title, unit, cells)
