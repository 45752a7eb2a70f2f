"""The candidate beside the other models, on all rows and on slices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from mlops.documents.figures import Figure, Figures
from mlops.documents.gate import GateReport
from mlops.documents.metrics import MetricsReport
from mlops.ml.evaluation.judging.names import called
from mlops.ml.evaluation.slices import rank
from mlops.present.report.about import About
from mlops.present.report.forests import Cell, Forest, forest, scale_of
from mlops.present.report.words import count

MODELS = ("candidate", "champion", "ets", "theta", "simple", "persistence", "dummy")


def compared(names: Sequence[str], metrics: MetricsReport, better: Mapping[str, bool]) -> tuple[Forest, ...]:
    """Put all models on one scale, a forest for each metric."""
    return tuple(_compared(name, metrics.models, higher=better.get(name)) for name in names)


def _compared(name: str, models: Figures, *, higher: bool | None) -> Forest:
    cells = [cell_of(model, models[model][name], style=model) for model in MODELS if name in models.get(model, {})]
    return forest(called(name), {True: "higher is better", False: "lower is better", None: ""}[higher], cells)


def cell_of(name: str, known: Figure, *, style: str = "candidate", rows: str = "", bound: float | None = None) -> Cell:
    """Read a value with its interval."""
    return Cell(name, known.value, known.low, known.high, style, rows, bound)


def sliced(names: Sequence[str], metrics: MetricsReport, gate: GateReport, about: About) -> tuple[Forest, ...]:
    """Draw the candidate on every slice, a forest for each column, in the metric that rules judge slices by."""
    judged = [rule.metric for rule in gate.rules if rule.by and rule.metric in names]
    shown = next(iter([*judged, *names]), None)
    if shown is None:
        return ()
    slices = sorted(metrics.slices, key=lambda item: (item.by, rank(item.slice)))
    overall = metrics.candidate[shown].value
    cells = {
        by: [
            cell_of(about.label(by, item.slice), item.metrics[shown], rows=count(item.n), bound=overall)
            for item in items
        ]
        for by, items in groupby(slices, key=lambda item: item.by)
    }
    scale = scale_of([cell for each in cells.values() for cell in each])
    return tuple(forest(f"by {by}", called(shown), each, scale=scale) for by, each in cells.items())
