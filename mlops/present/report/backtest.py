"""How the chosen candidate would have done, had it learnt at several times past: a line an origin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mlops.documents.training import OriginReport, TrainingReport
from mlops.ml.evaluation.judging.names import measured
from mlops.present.report.words import count, figure

_FORECAST = "mae"  # measured at each origin of a forecast


@dataclass(frozen=True)
class OriginRow:
    """An origin: what was known there, how many rows follow, and a figure of each model."""

    name: str
    known: str
    rows: str
    figures: tuple[str, ...]


@dataclass(frozen=True)
class Backtest:
    """All origins, as the page shows them; `models` name the figures of each."""

    metric: str
    models: tuple[str, ...]
    rows: tuple[OriginRow, ...]
    note: str


def backtest(training: TrainingReport) -> Backtest | None:
    """Lay out the origins of rows in time, or of a forecast; None where nothing went back."""
    if not training.backtest:
        return None
    named = {model for origin in training.backtest.values() for model in _figures(origin)}
    models = tuple(sorted(named, key=lambda model: (model != "candidate", model)))
    metric = _FORECAST if training.walked is None else training.walked.metric
    rows = tuple(
        OriginRow(name, count(origin.known), count(origin.rows), _row(origin, models, metric))
        for name, origin in sorted(training.backtest.items(), key=lambda pair: _place(pair[0]))
    )
    note = "" if training.walked is None else training.walked.sentence
    return Backtest(measured(metric), models, rows, note)


def _place(name: str) -> tuple[float, str]:
    """Order dates as they are written, and numbers by their size."""
    try:
        return float(name), name
    except ValueError:
        return 0.0, name


def _figures(origin: OriginReport) -> dict[str, Any]:
    return {model: found for model, found in (origin.model_extra or {}).items() if isinstance(found, dict)}


def _row(origin: OriginReport, models: tuple[str, ...], metric: str) -> tuple[str, ...]:
    found = _figures(origin)
    return tuple(figure(found.get(model, {}).get(metric)) for model in models)
