"""Metrics: one declaration on each formula says its tasks, which values are good, their range, its other names."""

from __future__ import annotations

from functools import cache
from typing import Annotated

from pydantic import AfterValidator

from mlops.kinds.slice import Slice
from mlops.metrics.metric import Metric, of_plugin

METRICS = Slice[Metric]("metrics", "metric", of_plugin)


def canonical(name: str) -> str:
    """Give a metric's name here for its name in scikit-learn or torchmetrics; leave any other as it is."""
    return _also().get(name, name)


@cache
def _also() -> dict[str, str]:
    return {also: metric.name for metric in METRICS.values() for also in metric.also}


MetricName = Annotated[str, AfterValidator(canonical)]


def metrics_for(
    task: str, declared: frozenset[str] = frozenset(), named: frozenset[str] = frozenset()
) -> tuple[str, ...]:
    """Name the metrics that make sense for a task, sorted; those that need a block of YAML only if it is declared.

    Of other distributions' metrics those that are `named`.
    """
    known = (*_of(task, declared), *(name for name in named if _suits(METRICS.get(name), task, declared)))
    return tuple(sorted(set(known)))


@cache
def _of(task: str, declared: frozenset[str]) -> tuple[str, ...]:
    return tuple(name for name, metric in METRICS.items() if _suits(metric, task, declared))


def _suits(metric: Metric | None, task: str, declared: frozenset[str]) -> bool:
    return metric is not None and task in metric.tasks and (metric.needs is None or metric.needs in declared)


@cache
def validated(task: str, select_by: str) -> tuple[str, ...]:
    """Name the metrics that training measures on validation: the standard ones, and the one that chooses."""
    known = metrics_for(task, named=frozenset({select_by}))
    return tuple(name for name in known if METRICS[name].standard or name == select_by)
