"""The candidate's plots as DVC reads them: one table a plot, named columns, no other model.

DVC compares revisions, so that one model a table is enough; a second one would be joined to the same line. Its
confusion template counts rows of (actual, predicted) by itself (dvc.org/doc, Visualizing plots, Plot templates).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops.files.csv_text import csv_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mlops.documents.metrics import Segment
    from mlops.ml.evaluation.studies.curves import Point

COLUMNS = {
    "calibration.csv": ("predicted", "observed"),
    "pr.csv": ("recall", "precision"),
    "residuals.csv": ("predicted", "residual"),
    "roc.csv": ("false_positive_rate", "true_positive_rate"),
    "value.csv": ("threshold", "value"),
}
_ROWS = 1000  # of the confusion table; more of them are shown in proportion


def tables(points: Mapping[str, Sequence[Point]], classes: Sequence[str]) -> dict[str, str]:
    """Write every plot of the candidate: {file name: CSV}."""
    kept = {name: [point for point in drawn if point.model == "candidate"] for name, drawn in points.items()}
    return _compared(points) | {
        name: csv_text([("actual", "predicted"), *_confusion(drawn, classes)])
        if name == "confusion.csv"
        else csv_text([COLUMNS[name], *((f"{p.x:.6g}", f"{p.y:.6g}") for p in drawn)])
        for name, drawn in kept.items()
    }


def _compared(points: Mapping[str, Sequence[Point]]) -> dict[str, str]:
    """Write the lines that curves are compared with, which hold both axes to 0 and 1 as well.

    Decisions by chance have the share of positives for precision: the candidate's where everything is found. What holds
    its axis to 0 lies on the axis.
    """
    if "calibration.csv" not in points:
        return {}
    last = next((p.y for p in reversed(points.get("pr.csv", ())) if p.model == "candidate"), 0.0)
    share = f"{last:.6g}"
    return {
        "diagonal.csv": csv_text([("from", "diagonal"), (0, 0), (1, 1)]),
        "without_skill.csv": csv_text(
            [("from", "true_positive_rate", "precision"), (0, 0, 0), (0, 0, share), (1, 1, share)]
        ),
    }


def segments(found: Iterable[Segment]) -> str:
    """Write bias and spread of errors by segment."""
    rows: list[tuple[object, ...]] = [("segment", "n", "bias", "low", "high", "spread")]
    for each in found:
        figures = ("" if end is None else f"{end:.6g}" for end in (each.bias, each.low, each.high, each.spread))
        rows.append((f"{each.by}: {each.segment}", each.n, *figures))
    return csv_text(rows)


def _confusion(points: Sequence[Point], classes: Sequence[str]) -> list[tuple[str, str]]:
    """Repeat each pair of classes as often as it occurs, or in proportion; no pair that occurs is left out."""
    total = sum(point.count for point in points)
    share = min(1.0, _ROWS / max(1, total))
    return [
        (classes[int(p.y)], classes[int(p.x)])
        for p in sorted(points, key=lambda p: (p.y, p.x))
        for _ in range(max(1, round(p.count * share)))
    ]
