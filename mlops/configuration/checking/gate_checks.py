"""What one rule of a gate cannot see by itself: fairness against the declared columns, tests against the data."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

from mlops.blocks.address import OWN_KIND
from mlops.configuration.checking.problem import Problem
from mlops.configuration.columns import CROSS
from mlops.configuration.gates import GateRule
from mlops.configuration.pipeline import Pipeline
from mlops.configuration.reading.document import Path
from mlops.gate_rules import FAIRNESS, SERVING
from mlops.metrics import METRICS


def fairness_is_answerable(pipeline: Pipeline) -> Iterator[Problem]:
    """A rule of fairness compares groups of people by decisions of a binary model."""
    for path, rule in rules(pipeline):
        if rule.fairness is None:
            if rule.of is not None:
                message = f"`of` belongs to `fairness`; slices of {rule.metric} go `by` a column"
                yield _problem((*path, "of"), message, f"write `by: {rule.of}`")
            continue
        if pipeline.task != "binary":
            message = f"fairness is judged by a yes or no, and the task is {pipeline.task}"
            yield _problem((*path, "fairness"), message, "remove the rule, or slice a metric `by` the column")
        if rule.of is None:
            hint = f"write `of: COLUMN`{_choice(pipeline)}"
            yield _problem((*path, "fairness"), f"{rule.fairness} needs the column whose groups it compares", hint)
        elif rule.of not in sensitive(pipeline) | slices(pipeline):
            message = f"nothing declares that `{rule.of}` divides people into groups"
            hint = f"write `{rule.of}: {{sensitive: true}}` under `data.columns`{_choice(pipeline)}"
            yield _problem((*path, "of"), message, hint)


def keys_say_something(pipeline: Pipeline) -> Iterator[Problem]:
    """No key of a rule says nothing of what it bounds."""
    for path, rule in rules(pipeline):
        if (kind := rule.kind) is not None:
            for key in kind.lacks:
                if getattr(rule, key) is not None:
                    said = kind.lacking.format(key=key, name=rule.name)
                    yield Problem((*path, key), said, kind.instead, kind.finding)


def own_metrics_are_whole(pipeline: Pipeline) -> Iterator[Problem]:
    """A metric of the pipeline's own says which side is good, and its name is nobody else's."""
    seen: dict[str, tuple[object, ...]] = {}
    for path, rule in rules(pipeline):
        if rule.own is None:
            for key in ("better", "parameters"):
                if getattr(rule, key):
                    message = f"`{key}` belongs to a metric of your own, and all is known of {rule.name}"
                    yield _problem((*path, key), message, "remove it")
            continue
        if not OWN_KIND.fullmatch(rule.own):
            message, hint = f"unknown metric `{rule.own}`", "write `pipelines.NAME.MODULE:FUNCTION` for one of your own"
            yield Problem((*path, "metric"), message, hint, "unknown-metric")
            continue
        if rule.better is None:
            message = f"nothing says which values of `{rule.name}` are good"
            yield _problem((*path, "metric"), message, "write `better: lower` or `better: higher`")
        if any(rule.name in known for known in (METRICS, SERVING, FAIRNESS)):
            message = f"`{rule.name}` is a known metric, so that yours would be taken for it"
            yield _problem((*path, "metric"), message, "give the function another name")
        how = (rule.own, rule.better, sorted(rule.parameters.items()))
        if seen.setdefault(rule.name, how) != how:
            message = (
                f"`{rule.name}` is another metric in an earlier rule: its function, `better` or `parameters` differ"
            )
            yield _problem((*path, "metric"), message, "write the same in both, or give one function another name")


def data_is_whole(pipeline: Pipeline) -> Iterator[Problem]:
    """What the checks of the data said is bounded from above."""
    for path, rule in rules(pipeline):
        if rule.data is not None and rule.at_most is None:
            message = f"{rule.name} is bounded from above: fewer is better"
            yield Problem((*path, "data"), message, "write `at_most: 0`", "bound-direction")


def test_fits(pipeline: Pipeline) -> Iterator[Problem]:
    """McNemar's test needs two models, answers that are right or wrong, and rows that do not hang together."""
    split = pipeline.data.split
    whole = pipeline.data.entity or (split.key if split.by == "group" else None)
    for path, rule in rules(pipeline):
        if rule.test != "mcnemar":
            continue
        here = (*path, "test")
        if rule.metric != "accuracy":
            message = f"McNemar's test is about right and wrong answers: it knows accuracy, not {rule.name}"
            yield _problem(here, message, "write `metric: accuracy`, or remove `test`")
        if all(found is None for found in rule.differences.values()):
            yield _problem(here, "McNemar's test compares two models", "write `over_champion`, or remove `test`")
        if whole is not None:
            message = f"McNemar's test takes rows to be independent, and here rows share one `{whole}`"
            yield _problem(here, message, "remove `test`: the bootstrap draws such rows together")
        if any(found is not None and found.relative for found in rule.differences.values()):
            message = "McNemar's test bounds a difference of shares, not a relative one"
            yield _problem(here, message, "remove `relative` or `test`")


def relative_makes_sense(pipeline: Pipeline) -> Iterator[Problem]:
    """A share of the other model's value needs a value above zero, and is less than all of it."""
    for path, rule in rules(pipeline):
        for model, difference in rule.differences.items():
            if difference is None or not difference.relative:
                continue
            info = METRICS.get(rule.metric)
            if info is not None and info.low < 0:
                message = f"{rule.metric} may be negative, so that a share of it means nothing"
                yield _problem((*path, f"over_{model}", "relative"), message, "remove `relative`")
            for key in ("better_by", "no_worse_than"):
                amount = getattr(difference, key)
                if amount is not None and amount >= 1:
                    message = f"`{key}: {amount:g}` with `relative` is {100 * amount:g} % of the {model}'s value"
                    place = (*path, f"over_{model}", key)
                    yield _problem(place, message, "write a share below 1: 0.05 for five percent")


def slices_are_known(pipeline: Pipeline) -> Iterator[Problem]:
    """Bins rise, a cross has two columns or more, and a rule by a cross names one that is declared."""
    evaluate = pipeline.evaluate
    for column, edges in evaluate.bins.items():
        if not edges or any(low >= high for low, high in itertools.pairwise(edges)):
            message = f"the edges of `{column}` must be at least one number, each greater than the one before"
            yield _problem(
                ("evaluate", "bins", column), message, "write `[30, 50]` for under 30, 30 to 50, 50 and over"
            )
    for index, crossed in enumerate(evaluate.crosses):
        if len(crossed) < 2 or len(set(crossed)) < len(crossed):
            message = "a cross has at least two different columns"
            yield _problem(("evaluate", "crosses", index), message, "write `[COLUMN, COLUMN]`")
    for path, rule in rules(pipeline):
        declared = rule.by is None or rule.by in slices(pipeline) or rule.by in pipeline.data.columns
        if not declared and CROSS in str(rule.by):
            columns = ", ".join(str(rule.by).split(CROSS))
            yield _problem(
                (*path, "by"), f"no cross `{rule.by}` is declared", f"write `evaluate: {{crosses: [[{columns}]]}}`"
            )


GATE_CHECKS: tuple[Callable[[Pipeline], Iterator[Problem]], ...] = (
    fairness_is_answerable,
    keys_say_something,
    own_metrics_are_whole,
    data_is_whole,
    test_fits,
    relative_makes_sense,
    slices_are_known,
)


def rules(pipeline: Pipeline) -> Iterator[tuple[Path, GateRule]]:
    """Give every rule with its key path, a preset's first."""
    for index, rule in enumerate(pipeline.preset.gates):
        yield ("preset", "gates", index), rule
    for index, rule in enumerate(pipeline.gates):
        yield ("gates", index), rule


def sensitive(pipeline: Pipeline) -> set[str]:
    """Name the columns that describe a person."""
    return {name for name, column in pipeline.data.columns.items() if column.sensitive}


def slices(pipeline: Pipeline) -> set[str]:
    """Name the slices that are declared for reports."""
    evaluate = pipeline.evaluate
    return {*evaluate.slices, *evaluate.bins, *(CROSS.join(columns) for columns in evaluate.crosses)}


def _choice(pipeline: Pipeline) -> str:
    """Offer the columns that may be named."""
    known = sorted(sensitive(pipeline) | slices(pipeline))
    return f"; declared: {', '.join(known)}" if known else ""


def _problem(path: Path, message: str, hint: str) -> Problem:
    return Problem(path, message, hint, "gate-rule")
