"""Where a regression is off, by segment."""

from __future__ import annotations

from itertools import groupby

from mlops.documents.metrics import MetricsReport, Segment
from mlops.ml.evaluation.slices import rank
from mlops.present.report.forests import Cell, Forest, forest, scale_of
from mlops.present.report.words import count, figure


def residuals(metrics: MetricsReport) -> tuple[Forest, ...]:
    """Draw the mean error of every segment, a forest for each column; tenths of the prediction first."""
    parts = {by: list(items) for by, items in groupby(metrics.residuals or (), key=lambda item: item.by)}
    cells = {by: [_cell(item) for item in _ordered(by, items)] for by, items in parts.items()}
    scale = scale_of([cell for each in cells.values() for cell in each], (0.0,))
    return tuple(forest(f"Mean error by {by}", "", each, scale=scale) for by, each in cells.items())


def _ordered(by: str, items: list[Segment]) -> list[Segment]:
    return items if by == "prediction" else sorted(items, key=lambda item: rank(item.segment))


def _cell(item: Segment) -> Cell:
    rows = f"{count(item.n)} rows, spread {figure(item.spread)}"
    name = item.segment.partition(": ")[2] if item.by == "prediction" else item.segment
    return Cell(name or item.segment, item.bias, item.low, item.high, rows=rows, bound=0.0)
