"""Which trial is the best on validation, and how each stands to the recorded run."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Literal

from mlops.configuration.checking.gate_checks import rules as gate_rules
from mlops.configuration.pipeline import Pipeline
from mlops.documents.trial import Trial
from mlops.documents.trials_report import TrialFigure, TrialRow, TrialsReport
from mlops.files.plain_yaml import Values
from mlops.metrics import METRICS
from mlops.operations.trying.run import Outcome, Trials

Standing = Literal["better", "worse", "same"]


def ranked(tried: Trials, weighty: Iterable[str] = ()) -> TrialsReport:
    """Lay out what was tried; `weighty` are metrics that matter to whoever judges, which are named early."""
    trials = [outcome.trial for outcome in tried.outcomes if outcome.trial is not None]
    if not trials:
        return TrialsReport(pipeline=tried.pipeline, rows=tuple(_row(outcome, None) for outcome in tried.outcomes))
    by = trials[0].select_by
    measured = trials[0].candidates[trials[0].chosen].validation
    metrics = tuple(dict.fromkeys([by, *(name for name in weighty if name in measured), *measured]))
    recorded = None if tried.recorded is None else _recorded(tried.recorded, tried.about, trials[0].overrides)
    return TrialsReport(
        pipeline=tried.pipeline,
        select_by=by,
        metrics=metrics,
        rows=tuple(_row(outcome, tried.recorded, recorded) for outcome in tried.outcomes),
        recorded=recorded,
        best=best(by, {outcome.number: outcome.trial for outcome in tried.outcomes if outcome.trial is not None}),
    )


def best(metric: str, trials: dict[int, Trial]) -> int | None:
    """Number the best by a metric of the candidate that was best in each; the first of equals, None where none has it.

    A trial on other validation rows is no better or worse for that, so that all count.
    """
    found = {number: trial.candidates[trial.chosen].validation.get(metric) for number, trial in trials.items()}
    known = {number: value for number, value in found.items() if value is not None and math.isfinite(value)}
    sign = 1 if METRICS[metric].higher_is_better else -1
    return max(known, key=lambda number: sign * known[number], default=None)


def improves(report: TrialsReport) -> bool:
    """Whether the best trial is better than the recorded run, on the same rows; where none is recorded any is."""
    found = next((row for row in report.rows if row.number == report.best), None)
    if found is None or report.recorded is None:
        return found is not None
    return found.figures[report.select_by].recorded == "better"


def weighty(spec: Pipeline) -> tuple[str, ...]:
    """Name the metrics that the gates of a pipeline bound, in their order."""
    return tuple(dict.fromkeys(gate.metric for _, gate in gate_rules(spec) if gate.metric))


def standing(metric: str, value: float | None, other: float | None) -> Standing | None:
    """Say how a value stands to another of the same metric and rows; None where one is not known."""
    if value is None or other is None:
        return None
    if value == other:
        return "same"
    return "better" if (value > other) == METRICS[metric].higher_is_better else "worse"


def _recorded(run: Trial, about: frozenset[str], overrides: Values) -> TrialRow | None:
    """See the recorded run through the candidates that were tried; None where it had none of them."""
    tried = [name for name in run.candidates if not about or name in about]
    numbered = {number: run.model_copy(update={"chosen": name}) for number, name in enumerate(tried)}
    number = best(run.select_by, numbered)
    if number is None:
        return None
    figures = run.candidates[tried[number]].validation
    return TrialRow(
        overrides={key: run.overrides[key] for key in overrides if key in run.overrides},
        candidate=tried[number],
        figures={metric: TrialFigure(value=value) for metric, value in figures.items()},
    )


def _row(outcome: Outcome, run: Trial | None, recorded: TrialRow | None = None) -> TrialRow:
    trial = outcome.trial
    if trial is None:
        said = "" if outcome.error is None else outcome.error.message
        return TrialRow(number=outcome.number, overrides=outcome.values, error=said)
    same = recorded is not None and run is not None and run.rows == trial.rows
    others = recorded.figures if same and recorded is not None else {}
    return TrialRow(
        number=outcome.number,
        id=trial.id,
        overrides=outcome.values,
        candidate=trial.chosen,
        figures={
            metric: TrialFigure(value=value, recorded=standing(metric, value, _value(others.get(metric))))
            for metric, value in trial.candidates[trial.chosen].validation.items()
        },
        seconds=trial.seconds,
    )


def _value(figure: TrialFigure | None) -> float | None:
    return None if figure is None else figure.value
