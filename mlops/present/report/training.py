"""How the candidate was learnt: candidates, epochs, and what more rows would bring."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mlops.documents.training import TrainingReport
from mlops.ml.evaluation.judging.names import called, measured
from mlops.present.report.charts import Plot, Series, plot
from mlops.present.report.documents import Epoch, Learnt
from mlops.present.report.words import count, figure

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


def learning_curve(rows: Sequence[Learnt], select_by: str) -> Plot | None:
    """Draw the metric of selection over the rows that were learnt from; an interval that is not known has no width."""
    known = [(row.rows, row.value, row.low, row.high) for row in rows]
    drawn = [(at, value, low, high) for at, value, low, high in known if at is not None and value is not None]
    if not drawn:
        return None
    points = [(at, value) for at, value, _, _ in drawn]
    ends = [(value, value) if low is None or high is None else (low, high) for _, value, low, high in drawn]
    axes = ("Training rows", f"{called(select_by)} on validation" if select_by else "")
    return plot("Learning curve", axes, [Series("candidate", "candidate", points, ends)], dots=True)


def epochs(history: Sequence[Epoch], select_by: str, searched: Iterable[str] = ()) -> tuple[Plot, ...]:
    """Draw metrics over the epochs; several candidates share an axis as shares of their own epochs.

    Losses and the metric of selection come first; at most four are drawn. A candidate has the colour that it has in the
    figure of the search, which has those without epochs too.
    """
    known = sorted({row.candidate for row in history})
    last = {name: max(row.epoch for row in history if row.candidate == name) or 1.0 for name in known}
    coloured = sorted({*known, *searched})
    alone = len(known) == 1
    axis = "Epoch" if alone else "Per cent of each candidate's epochs"
    drawn = []
    for name in _chosen({row.metric for row in history}, select_by):
        series = [
            Series(
                each,
                f"series-{coloured.index(each) % 6}",
                _steps(history, each, name, 1.0 if alone else 100 / last[each]),
            )
            for each in known
        ]
        drawn.append(plot(measured(name), (axis, ""), [each for each in series if each.points]))
    return tuple(drawn)


def _chosen(names: set[str], select_by: str) -> list[str]:
    first = ("train_loss", "validation_loss", f"validation_{select_by}")
    return [*(name for name in first if name in names), *sorted(names - set(first))][:_PLOTS]


def _steps(history: Sequence[Epoch], candidate: str, name: str, unit: float) -> list[tuple[float, float]]:
    chosen = (row for row in history if (row.candidate, row.metric) == (candidate, name))
    return sorted((row.epoch * unit, row.value) for row in chosen if row.value is not None)
