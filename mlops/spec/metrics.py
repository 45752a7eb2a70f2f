"""The metrics a gate may name: tasks, direction, range. Their formulas are in `mlops.ml.evaluation.metrics`."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class MetricInfo:
    """What is known of a metric before anything runs."""

    name: str
    tasks: frozenset[str]
    higher_is_better: bool
    low: float
    high: float


def _info(name: str, tasks: str, *, higher: bool, low: float = 0.0, high: float = 1.0) -> MetricInfo:
    return MetricInfo(name, frozenset(tasks.split()), higher, low, high)


METRICS: dict[str, MetricInfo] = {
    info.name: info
    for info in (
        _info("auroc", "binary", higher=True),
        _info("average_precision", "binary", higher=True),
        _info("f1", "binary", higher=True),
        _info("precision", "binary", higher=True),
        _info("recall", "binary", higher=True),
        _info("brier", "binary", higher=False),
        _info("accuracy", "binary multiclass", higher=True),
        _info("balanced_accuracy", "binary multiclass", higher=True),
        _info("macro_f1", "multiclass", higher=True),
        _info("log_loss", "binary multiclass", higher=False, high=math.inf),
        _info("ece", "binary multiclass", higher=False),
        _info("rmse", "regression", higher=False, high=math.inf),
        _info("mae", "regression", higher=False, high=math.inf),
        _info("median_ae", "regression", higher=False, high=math.inf),
        _info("mape", "regression", higher=False, high=math.inf),
        _info("r2", "regression", higher=True, low=-math.inf),
    )
}


def metrics_for(task: str) -> tuple[str, ...]:
    """Name the metrics that make sense for a task, sorted."""
    return tuple(sorted(name for name, info in METRICS.items() if task in info.tasks))
