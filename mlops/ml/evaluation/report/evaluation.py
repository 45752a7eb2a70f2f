"""The middle of the page: models side by side, curves, slices, training."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from mlops.ml.evaluation.report.charts import Plot, Scale, Series, Tick, Track, plot, track
from mlops.ml.evaluation.report.words import count, figure, interval, metric
from mlops.ml.evaluation.slices import rank

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlops.ml.evaluation.report.documents import Document

MODELS = ("candidate", "champion", "simple", "dummy")
_CLASSES = 20  # a larger confusion matrix is listed by its most frequent errors
_DIAGONAL = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True)
class ForestRow:
    """One line of a forest plot."""

    name: str
    style: str
    track: Track
    value: str
    interval: str
    rows: str = ""


@dataclass(frozen=True)
class Forest:
    """Intervals on one scale."""

    title: str
    note: str
    rows: tuple[ForestRow, ...]
    ticks: tuple[Tick, ...]


@dataclass(frozen=True)
class Confusion:
    """How many rows of each true class (down) got each predicted class (across)."""

    classes: tuple[str, ...]
    rows: tuple[tuple[str, tuple[tuple[int, int], ...]], ...]
    errors: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True)
class CandidateRow:
    """One trained candidate and how it did on the validation rows."""

    name: str
    kind: str
    value: str
    epochs: str
    chosen: bool


def compared(names: Sequence[str], metrics: Document, better: Mapping[str, bool]) -> tuple[Forest, ...]:
    """Put all models on one scale, a forest for each metric."""
    models = metrics.get("models", {})
    return tuple(_metric_forest(name, models, higher=better.get(name)) for name in names)


def _metric_forest(name: str, models: dict[str, Any], *, higher: bool | None) -> Forest:
    cells = [(model, models[model][name]) for model in MODELS if name in models.get(model, {})]
    scale = Scale.around([cell[end] for _, cell in cells for end in ("value", "low", "high")])
    rows = tuple(_row(model, model, cell, scale) for model, cell in cells)
    note = {True: "higher is better", False: "lower is better", None: ""}[higher]
    return Forest(metric(name), note, rows, scale.ticks(4))


def _row(
    name: str, style: str, cell: Document, scale: Scale, *, bound: float | None = None, rows: str = ""
) -> ForestRow:
    value, low, high = cell["value"], cell["low"], cell["high"]
    text = f"{name}: {figure(value)}, interval {interval(low, high)}"
    placed = track(scale, value, low, high, bound=bound, style=style, text=text)
    return ForestRow(name, style, placed, figure(value), interval(low, high), rows)


def sliced(names: Sequence[str], metrics: Document, gate: Document) -> tuple[Forest, ...]:
    """Draw the candidate on every slice, a forest for each column, in the metric that rules judge slices by."""
    judged = [rule["metric"] for rule in gate["rules"] if rule["by"] and rule["metric"] in names]
    shown = next(iter([*judged, *names]), None)
    slices = sorted(metrics.get("slices", []), key=lambda item: (item["by"], rank(item["slice"])))
    if shown is None:
        return ()
    overall = metrics["models"]["candidate"][shown]["value"]
    ends = [item["metrics"][shown][end] for item in slices for end in ("value", "low", "high")]
    scale = Scale.around([*ends, overall])
    return tuple(
        Forest(f"by {by}", metric(shown), tuple(_slice(item, shown, scale, overall) for item in group), scale.ticks(4))
        for by, group in groupby(slices, key=lambda item: str(item["by"]))
    )


def _slice(item: Document, shown: str, scale: Scale, overall: float | None) -> ForestRow:
    cell, rows = item["metrics"][shown], count(item["n"])
    return _row(item["slice"], "candidate", cell, scale, bound=overall, rows=rows)


def plots(documents: Mapping[str, tuple[dict[str, str], ...]]) -> tuple[Plot, ...]:
    """Draw what the task has: ROC, precision and recall, calibration, residuals."""
    drawn = (
        _curve(documents, "roc", "ROC", ("False positive rate", "True positive rate"), reference=_DIAGONAL),
        _curve(documents, "pr", "Precision and recall", ("Recall", "Precision")),
        _curve(documents, "calibration", "Calibration", ("Predicted", "Observed"), reference=_DIAGONAL, dots=True),
        _residuals(documents),
    )
    return tuple(each for each in drawn if each is not None)


def _curve(
    documents: Mapping[str, tuple[dict[str, str], ...]],
    name: str,
    title: str,
    axes: tuple[str, str],
    *,
    reference: tuple[float, float, float, float] | None = None,
    dots: bool = False,
) -> Plot | None:
    series = _series(documents.get(name, ()), "model")
    return plot(title, axes, series, unit=True, dots=dots, reference=reference) if series else None


def _residuals(documents: Mapping[str, tuple[dict[str, str], ...]]) -> Plot | None:
    series = [s for s in _series(documents.get("residuals", ()), "model") if s.style in {"candidate", "champion"}]
    if not series:
        return None
    ends = [point[0] for s in series for point in s.points]
    zero = (min(ends), 0.0, max(ends), 0.0)
    note = "At most a hundred rows, chosen evenly by prediction"
    return plot(
        "Residuals", ("Predicted", "True − predicted"), series, line=False, dots=True, reference=zero, note=note
    )


def _series(rows: Sequence[Mapping[str, str]], key: str) -> list[Series]:
    """Group points by model, in the order of `MODELS`."""
    points = {model: [(float(row["x"]), float(row["y"])) for row in rows if row[key] == model] for model in MODELS}
    return [Series(model, model, found) for model, found in points.items() if found]


def confusion(rows: Sequence[Mapping[str, str]], classes: Sequence[str]) -> Confusion | None:
    """Tabulate the candidate's decisions, each cell with its share of the true class in per cent."""
    cells = {(int(float(r["y"])), int(float(r["x"]))): int(r["count"]) for r in rows if r["model"] == "candidate"}
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
    return Confusion(names, table, errors)


def _cell(number: int, total: int) -> tuple[int, int]:
    return number, round(100 * number / total) if total else 0


def learning(history: Sequence[Mapping[str, str]]) -> tuple[Plot, ...]:
    """Draw every metric over the epochs; several candidates share an axis as shares of their own epochs."""
    known = sorted({row["candidate"] for row in history})
    last = {name: max(float(row["epoch"]) for row in history if row["candidate"] == name) or 1.0 for name in known}
    alone = len(known) == 1
    axis = "Epoch" if alone else "Per cent of each candidate's epochs"
    drawn = []
    for name in sorted({row["metric"] for row in history}):
        series = [
            Series(each, f"series-{index % 6}", _steps(history, each, name, 1.0 if alone else 100 / last[each]))
            for index, each in enumerate(known)
        ]
        drawn.append(plot(metric(name), (axis, ""), [each for each in series if each.points]))
    return tuple(drawn)


def _steps(history: Sequence[Mapping[str, str]], candidate: str, name: str, unit: float) -> list[tuple[float, float]]:
    chosen = [row for row in history if row["candidate"] == candidate and row["metric"] == name and row["value"]]
    return sorted((float(row["epoch"]) * unit, float(row["value"])) for row in chosen)


def candidates(training: Document) -> tuple[CandidateRow, ...]:
    """List the candidates that training compared."""
    by = training.get("select_by", "")
    return tuple(
        CandidateRow(
            name=name,
            kind=item.get("kind", "–"),
            value=figure(item.get("validation", {}).get(by)),
            epochs=count(item.get("epochs")),
            chosen=name == training.get("chosen"),
        )
        for name, item in sorted(training.get("candidates", {}).items())
    )
