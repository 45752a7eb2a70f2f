"""What a search for parameters tried: every trial in a table and as a dot, the best so far as a line."""

from __future__ import annotations

from dataclasses import dataclass

from mlops.documents.tuning import TuningReport, TuningTrial
from mlops.metrics import METRICS
from mlops.ml.evaluation.judging.names import called
from mlops.present.report.charts import Plot, Series, plot
from mlops.present.report.words import count, figure

_ROWS = 200


@dataclass(frozen=True)
class TrialRow:
    """A trial: what was set over the YAML, what it was worth, and how it ended."""

    number: str
    candidate: str
    what: str
    value: str
    epochs: str
    ended: str
    chosen: bool


@dataclass(frozen=True)
class Tuning:
    """A search, as the page shows it."""

    metric: str
    note: str
    rows: tuple[TrialRow, ...]
    plot: Plot | None


def tuning(report: TuningReport | None) -> Tuning | None:
    """Lay out a search; None where there was none."""
    if report is None:
        return None
    chosen = {winner.trial for winner in report.best.values()}
    shown = [trial for trial in report.trials if trial.number in chosen or trial.number <= _ROWS]
    left = len(report.trials) - len(shown)
    stopped = "; ".join(f"{name}: {winner.stopped}" for name, winner in sorted(report.best.items()))
    note = f"{report.sentence}. {stopped}. Seed {report.seed}, sampler {report.sampler}, pruner {report.pruner}"
    note += f"; {left:,} more in `reports/tuning.json`" if left else ""
    rows = tuple(_row(trial, trial.number in chosen) for trial in shown)
    return Tuning(called(report.select_by), note, rows, _plot(report))


def _row(trial: TuningTrial, chosen: bool) -> TrialRow:
    ended = f"failed: {trial.why}" if trial.state == "failed" else trial.state
    value = figure(trial.score)
    return TrialRow(f"{trial.number:,}", trial.candidate, trial.what, value, count(trial.epochs), ended, chosen)


def _plot(report: TuningReport) -> Plot | None:
    """Draw the best so far of each candidate over its trials; others count for nothing."""
    better = max if report.select_by in METRICS and METRICS[report.select_by].higher_is_better else min
    series = []
    for index, name in enumerate(sorted(report.best)):
        points: list[tuple[float, float]] = []
        for trial in report.trials:
            if trial.candidate == name and trial.state == "complete" and trial.score is not None:
                score = float(trial.score)
                points.append((float(trial.number), better(score, points[-1][1]) if points else score))
        series.append(Series(name, f"series-{index % 6}", points))
    drawn = [each for each in series if each.points]
    axes = ("Trial", f"{called(report.select_by)} on validation")
    return plot("Best so far", axes, drawn, dots=True, whole=True) if drawn else None
