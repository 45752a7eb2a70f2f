"""How the candidate decides: curves, residuals, confusion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mlops.documents.metrics import MetricsReport
from mlops.present.report.about import About
from mlops.present.report.charts import Plot, Series, plot
from mlops.present.report.documents import Point
from mlops.present.report.models import MODELS
from mlops.present.report.words import figure

Tables = Mapping[str, tuple[Point, ...]]

_CLASSES = 20  # a larger confusion matrix is listed by its most frequent errors
DIAGONAL = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True)
class Confusion:
    """How many rows of each true class (down) got each predicted class (across)."""

    classes: tuple[str, ...]
    rows: tuple[tuple[str, tuple[tuple[int, int], ...]], ...]
    errors: tuple[tuple[str, str, int], ...]
    threshold: str = ""


def plots(tables: Tables) -> tuple[Plot, ...]:
    """Draw what the task has: ROC, precision and recall, residuals."""
    drawn = (
        _curve(tables, "roc", "ROC", ("False positive rate", "True positive rate"), reference=DIAGONAL),
        _curve(tables, "pr", "Precision and recall", ("Recall", "Precision")),
        _residuals(tables),
    )
    return tuple(each for each in drawn if each is not None)


def _curve(
    tables: Tables,
    name: str,
    title: str,
    axes: tuple[str, str],
    *,
    reference: tuple[float, float, float, float] | None = None,
) -> Plot | None:
    found = series(tables.get(name, ()))
    return plot(title, axes, found, unit=True, reference=reference) if found else None


def _residuals(tables: Tables) -> Plot | None:
    found = [s for s in series(tables.get("residuals", ())) if s.style in {"candidate", "champion"}]
    if not found:
        return None
    ends = [point[0] for s in found for point in s.points]
    zero = (min(ends), 0.0, max(ends), 0.0)
    note = "At most a hundred rows, chosen evenly by prediction"
    axes = ("Predicted", "True − predicted")
    return plot("Residuals", axes, found, line=False, dots=True, reference=zero, note=note)


def series(rows: Sequence[Point]) -> list[Series]:
    """Group points by model, in the order of `MODELS`."""
    points = {model: [(row.x, row.y) for row in rows if row.model == model] for model in MODELS}
    return [Series(model, model, found) for model, found in points.items() if found]


def confusion(rows: Sequence[Point], metrics: MetricsReport, about: About) -> Confusion | None:
    """Tabulate the candidate's decisions, each cell with its share of the true class in per cent."""
    classes = [about.label(about.target, name) for name in metrics.classes or ()]
    cells = {(int(row.y), int(row.x)): row.count for row in rows if row.model == "candidate"}
    if not cells:
        return None
    known = range(max(len(classes), 1 + max(max(cell) for cell in cells)))
    names = tuple(classes[k] if k < len(classes) else str(k) for k in known)
    totals = {true: sum(cells.get((true, k), 0) for k in known) for true in known}
    wrong = sorted(((n, t, p) for (t, p), n in cells.items() if t != p), key=lambda item: (-item[0], *item[1:]))
    errors = tuple((names[t], names[p], n) for n, t, p in wrong[:8])
    if len(names) > _CLASSES:
        return Confusion(names, (), errors)
    table = tuple((names[t], tuple(_cell(cells.get((t, p), 0), totals[t]) for p in known)) for t in known)
    return Confusion(names, table, errors, _threshold(metrics, names))


def _threshold(metrics: MetricsReport, names: Sequence[str]) -> str:
    """Say from which probability on the second class is decided."""
    if metrics.task != "binary" or len(names) != 2:
        return ""
    chosen = None if metrics.decision is None else metrics.decision.thresholds.get("candidate")
    how = "nothing says what decisions are worth" if chosen is None else "chosen by what decisions are worth"
    return f"Above a probability of {figure(0.5 if chosen is None else chosen)}, {names[1]} is decided: {how}"


def _cell(number: int, total: int) -> tuple[int, int]:
    return number, round(100 * number / total) if total else 0
