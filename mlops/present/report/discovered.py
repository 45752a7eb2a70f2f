"""Slices that nobody declared and that are worse than the rest, on validation and again on test."""

from __future__ import annotations

from mlops.documents.metrics import MetricsReport
from mlops.present.report.about import About
from mlops.present.report.forests import Cell, Forest, forest
from mlops.present.report.words import count


def discovered(metrics: MetricsReport, about: About) -> Forest | None:
    """Draw the loss on each confirmed slice beside that elsewhere; None where nobody looked."""
    found = metrics.discovered
    if found is None:
        return None
    loss = "absolute error" if metrics.task == "regression" else "Brier score"
    cells = [
        Cell(
            " and ".join(_said(part, about) for part in item.slice),
            item.loss,
            rows=count(item.n),
            bound=item.rest,
            style="fail",
        )
        for item in found
    ]
    return forest(f"Mean {loss}", "the upright line is that of the rows in no such slice", cells, bars=True)


def _said(part: str, about: About) -> str:
    """Say what a code means in a condition that a column has it."""
    column, equals, code = part.partition(" = ")
    return f"{column}{equals}{about.label(column, code)}" if equals else part
