"""How the candidate was learnt: candidates, epochs, and what more rows would bring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops.present.report.charts import Plot, Series, plot
from mlops.present.report.words import count, figure, metric

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlops.documents.training import TrainingReport

_PLOTS = 4  # metrics over epochs that are drawn


@dataclass(frozen=True)
class CandidateRow:
    """One trained candidate and how it did on the validation rows."""

    name: str
    kind: str
    value: str
    epochs: str
    chosen: bool


def candidates(training: TrainingReport) -> tuple[CandidateRow, ...]:
    """List the candidates that training compared."""
    by = training.select_by
    return tuple(
        CandidateRow(
            name=name,
            kind=item.kind,
            value=figure(item.validation.get(by)),
            epochs=count(item.epochs),
            chosen=name == training.chosen,
        )
        for name, item in sorted(training.candidates.items())
    )


def learning_curve(rows: Sequence[Mapping[str, str]], select_by: str) -> Plot | None:
    """Draw the metric of selection over the rows that were learnt from."""
    known = [row for row in rows if row.get("value") and row.get("rows")]
    if not known:
        return None
    points = [(float(row["rows"]), float(row["value"])) for row in known]
    ends = [
        (float(row["low"]), float(row["high"])) if row.get("low") and row.get("high") else (value, value)
        for row, (_, value) in zip(known, points, strict=True)
    ]
    axes = ("Training rows", f"{metric(select_by)} on validation" if select_by else "")
    return plot("Learning curve", axes, [Series("candidate", "candidate", points, ends)], dots=True)


def epochs(history: Sequence[Mapping[str, str]], select_by: str) -> tuple[Plot, ...]:
    """Draw metrics over the epochs; several candidates share an axis as shares of their own epochs.

    Losses and the metric of selection come first; at most four are drawn.
    """
    known = sorted({row["candidate"] for row in history})
    last = {name: max(float(row["epoch"]) for row in history if row["candidate"] == name) or 1.0 for name in known}
    alone = len(known) == 1
    axis = "Epoch" if alone else "Per cent of each candidate's epochs"
    drawn = []
    for name in _chosen({row["metric"] for row in history}, select_by):
        series = [
            Series(each, f"series-{index % 6}", _steps(history, each, name, 1.0 if alone else 100 / last[each]))
            for index, each in enumerate(known)
        ]
        drawn.append(plot(metric(name), (axis, ""), [each for each in series if each.points]))
    return tuple(drawn)


def _chosen(names: set[str], select_by: str) -> list[str]:
    first = ("train_loss", "validation_loss", f"validation_{select_by}")
    return [*(name for name in first if name in names), *sorted(names - set(first))][:_PLOTS]


def _steps(history: Sequence[Mapping[str, str]], candidate: str, name: str, unit: float) -> list[tuple[float, float]]:
    chosen = [row for row in history if row["candidate"] == candidate and row["metric"] == name and row["value"]]
    return sorted((float(row["epoch"]) * unit, float(row["value"])) for row in chosen)
