"""What is asked of the objective fits the task, and the kinds of candidates can learn it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mlops.configuration.checking.problem import Problem
from mlops.configuration.pipeline import Pipeline
from mlops.models import MODELS

_RULE = "objective"
_CLASSES, _NUMBERS = ("binary", "multiclass"), ("regression", "forecasting")


def objective_fits_task(pipeline: Pipeline) -> Iterator[Problem]:
    """Classes have weights and probabilities, numbers have transforms and quantiles."""
    objective, task = pipeline.objective, pipeline.task
    wanted = {"class_weight": _CLASSES, "calibrate": _CLASSES, "transform": _NUMBERS, "quantile": _NUMBERS}
    for key, tasks in wanted.items():
        if getattr(objective, key) is not None and task not in tasks:
            what = "classes" if tasks is _CLASSES else "numbers"
            yield Problem(("objective", key), f"`{key}` is for {what}, and this is {task}", f"remove `{key}`", _RULE)


def quantile_can_be_learnt(pipeline: Pipeline) -> Iterator[Problem]:
    """A kind of the registry says whether it learns quantiles; own code must take the quantile."""
    if pipeline.objective.quantile is None:
        return
    able = ", ".join(name for name, kind in MODELS.items() if kind.can.get("quantile"))
    for name, model in pipeline.model.items():
        kind = MODELS.get(model.kind)
        if kind is not None and not kind.can.get("quantile"):
            message = f"the kind `{model.kind}` learns no quantile"
            yield Problem(("model", name), message, f"kinds that do: {able}", _RULE)


OBJECTIVE_CHECKS: tuple[Callable[[Pipeline], Iterator[Problem]], ...] = (objective_fits_task, quantile_can_be_learnt)
