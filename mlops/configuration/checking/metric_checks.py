"""Checks of what a pipeline says about metrics: their names, and bounds that say something."""

from __future__ import annotations

from collections.abc import Iterator

from mlops.configuration.checking.gate_checks import rules as _rules
from mlops.configuration.checking.problem import Problem
from mlops.configuration.gates import GateRule, sides
from mlops.configuration.monitor import Performance
from mlops.configuration.pipeline import Pipeline
from mlops.configuration.reading.document import Path
from mlops.diagnostics import suggest
from mlops.gate_rules import SERVING
from mlops.gate_rules.rule_kind import RuleKind
from mlops.metrics import METRICS, metrics_for
from mlops.metrics.metric import Metric


def unknown_metric(pipeline: Pipeline) -> Iterator[Problem]:
    """A metric that does not exist, or does not fit the task, could never be computed."""
    for path, name in _metrics(pipeline):
        if "gates" in path and (name in SERVING or ":" in name):
            continue  # one of the pipeline's own is looked at with the rest of its rule
        if name not in METRICS or pipeline.task not in METRICS[name].tasks:
            known = name in METRICS
            message = f"`{name}` is no metric of a {pipeline.task} task" if known else f"unknown metric `{name}`"
            yield Problem(path, message, suggest(name, metrics_for(pipeline.task)), "unknown-metric")
        elif METRICS[name].needs == "evaluate.cost" and pipeline.evaluate.cost is None:
            message = f"`{name}` needs to know what decisions are worth"
            hint = "write `evaluate: {cost: {false_positive: -1, false_negative: -10}}`"
            yield Problem(path, message, hint, "unknown-metric")
    if pipeline.select_by == "value":
        message = "`value` does not choose among candidates: each has its own threshold"
        yield Problem(("select_by",), message, suggest("log_loss", metrics_for(pipeline.task)), "unknown-metric")


def cost_fits_task(pipeline: Pipeline) -> Iterator[Problem]:
    """Two classes have four outcomes, several have a table, a number has neither."""
    cost, path = pipeline.evaluate.cost, ("evaluate", "cost")
    if cost is None:
        return
    if pipeline.task not in ("binary", "multiclass"):
        message = f"a {pipeline.task} task decides nothing, so that there is nothing to price"
        yield Problem(path, message, "remove `cost`, or predict a class", "cost")
    elif pipeline.task == "binary" and cost.classes is not None:
        message = "two classes are priced by their four outcomes"
        yield Problem((*path, "classes"), message, "write `false_positive: -1` and `false_negative: -10`", "cost")
    elif pipeline.task == "multiclass" and cost.classes is None:
        message = "several classes are priced by class"
        yield Problem(path, message, "write `classes: {TRUE: {DECIDED: -1}}`", "cost")


def bound_out_of_range(pipeline: Pipeline) -> Iterator[Problem]:
    """A bound outside a metric's range passes always or never."""
    bounded: list[tuple[Path, GateRule | Performance]] = [*_rules(pipeline), *_watched(pipeline)]
    for path, rule in bounded:
        kind = rule.kind if isinstance(rule, GateRule) else None
        info, name = (METRICS.get(rule.metric), rule.metric) if kind is None else (kind, kind.name)
        if info is None:
            continue
        for key in ("at_least", "at_most"):
            bound = getattr(rule, key)
            if bound is not None and not info.low <= bound <= info.high:
                message = f"`{key}: {bound:g}` is outside the range of {name}, {_range(info)}"
                yield Problem((*path, key), message, f"write a value {_range(info, 'between')}", "bound-out-of-range")


def bound_in_wrong_direction(pipeline: Pipeline) -> Iterator[Problem]:
    """A lower bound on a metric that should be low (or the reverse) rewards a bad model."""
    for path, rule in _rules(pipeline):
        kind = rule.kind
        if "at_least" in kind.lacks if kind else rule.metric not in METRICS and rule.better is None:
            continue
        wrong, right = sides(higher_is_better=rule.higher_is_better)
        if getattr(rule, wrong) is not None:
            better = "higher is better" if rule.higher_is_better else "lower is better"
            why = better if kind is None else kind.best
            message = f"`{wrong}` bounds {rule.name} on its good side{f': {why}' if why else ''}"
            there = getattr(rule, right) is not None
            hint = f"remove it: `{right}` is there" if there else f"write `{right}`"
            yield Problem((*path, wrong), message, hint, "bound-direction")


def _metrics(pipeline: Pipeline) -> Iterator[tuple[Path, str]]:
    for path, rule in _rules(pipeline):
        if rule.metric:
            yield (*path, "metric"), rule.metric
    for index, name in enumerate(pipeline.evaluate.metrics):
        yield ("evaluate", "metrics", index), name
    if pipeline.select_by is not None:
        yield ("select_by",), pipeline.select_by
    for path, bound in _watched(pipeline):
        yield (*path, "metric"), bound.metric


def _watched(pipeline: Pipeline) -> Iterator[tuple[Path, Performance]]:
    """Give the bound that the monitor holds, with its key path, where there is one."""
    if pipeline.monitor is not None and pipeline.monitor.performance is not None:
        yield ("monitor", "performance"), pipeline.monitor.performance


def _range(info: Metric | RuleKind, word: str = "") -> str:
    low, high = f"{info.low:g}", f"{info.high:g}"
    if info.low == float("-inf") and info.high == float("inf"):
        return "any number"
    if info.high == float("inf"):
        return f"from {low} up"
    if info.low == float("-inf"):
        return f"up to {high}"
    return f"between {low} and {high}" if word else f"{low} to {high}"
