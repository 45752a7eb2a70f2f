"""What one block cannot see by itself: metrics against the task, bounds against ranges, columns against each other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from mlops.diagnostics import suggest
from mlops.spec.data import excluded
from mlops.spec.document import Path
from mlops.spec.gate_checks import GATE_CHECKS
from mlops.spec.gate_checks import rules as _rules
from mlops.spec.metrics import METRICS, MetricInfo, metrics_for
from mlops.spec.pipeline import Pipeline
from mlops.spec.problem import Problem


def check(pipeline: Pipeline) -> tuple[Problem, ...]:
    """Find what is wrong between the blocks of one pipeline."""
    return tuple(problem for check in CHECKS for problem in check(pipeline))


def unknown_metric(pipeline: Pipeline) -> Iterator[Problem]:
    """A metric that does not exist, or does not fit the task, could never be computed."""
    for path, name in _metrics(pipeline):
        if name not in METRICS or pipeline.task not in METRICS[name].tasks:
            known = name in METRICS
            message = f"`{name}` is no metric of a {pipeline.task} task" if known else f"unknown metric `{name}`"
            yield Problem(path, message, suggest(name, metrics_for(pipeline.task)), "unknown-metric")


def bound_out_of_range(pipeline: Pipeline) -> Iterator[Problem]:
    """A bound outside a metric's range passes always or never."""
    for path, rule in _rules(pipeline):
        info = METRICS.get(rule.metric)
        if info is None:
            continue
        for key in ("at_least", "at_most"):
            bound = getattr(rule, key)
            if bound is not None and not info.low <= bound <= info.high:
                message = f"`{key}: {bound:g}` is outside the range of {rule.metric}, {_range(info)}"
                yield Problem((*path, key), message, f"write a value {_range(info, 'between')}", "bound-out-of-range")


def bound_in_wrong_direction(pipeline: Pipeline) -> Iterator[Problem]:
    """A lower bound on a metric that should be low (or the reverse) rewards a bad model."""
    for path, rule in _rules(pipeline):
        info = METRICS.get(rule.metric)
        if info is None:
            continue
        wrong, right = ("at_most", "at_least") if info.higher_is_better else ("at_least", "at_most")
        if getattr(rule, wrong) is not None:
            better = "higher" if info.higher_is_better else "lower"
            message = f"`{wrong}` bounds {rule.metric} on its good side: {better} is better"
            yield Problem((*path, wrong), message, f"write `{right}`", "bound-direction")


def no_gate(pipeline: Pipeline) -> Iterator[Problem]:
    """Without a blocking rule every model would pass."""
    if not any(rule.mode == "block" for _, rule in _rules(pipeline)):
        yield Problem(
            ("gates",), "no gate blocks anything", "choose `- /gates: ...` or write a rule under `gates:`", "no-gate"
        )


def split_is_whole(pipeline: Pipeline) -> Iterator[Problem]:
    """Shares add up, and a split by a column names it."""
    split = pipeline.data.split
    fractions = split.fractions
    total = fractions.train + fractions.validation + fractions.test
    if abs(total - 1) > 1e-9:
        yield Problem(
            ("data", "split", "fractions"), f"the fractions add up to {total:g}", "make them add up to 1", "split"
        )
    if split.by in ("group", "time") and split.key is None:
        message = f"a split by {split.by} needs the column it goes by"
        yield Problem(("data", "split"), message, f"write `split: {{by: {split.by}, key: COLUMN}}`", "split")
    if split.by in ("random", "stratified") and split.key is not None:
        message = f"a {split.by} split has no `key`"
        yield Problem(("data", "split", "key"), message, "write `by: group` or `by: time`, or remove it", "split")
    if split.by == "stratified" and pipeline.task == "regression":
        yield Problem(("data", "split", "by"), "a number cannot be stratified", "write `by: random`", "split")


def columns_agree(pipeline: Pipeline) -> Iterator[Problem]:
    """The target is not excluded; a column is not both asked for and left out."""
    data = pipeline.data
    out = excluded(data)
    if data.target in out:
        yield Problem(
            ("data", "exclude"), f"the target `{data.target}` is excluded", "remove it from `exclude`", "columns"
        )
    if data.target in (data.include or ()):
        yield Problem(
            ("data", "include"), f"the target `{data.target}` is included", "remove it from `include`", "columns"
        )
    for column in sorted(set(data.include or ()) & set(out)):
        yield Problem(("data", "include"), f"`{column}` is included and excluded", "keep one of the two", "columns")
    for name, derived in data.derive.items():
        if name in data.columns:
            message = f"`{name}` is derived and declared"
            yield Problem(("data", "columns", name), message, "remove it from `columns`", "columns")
        if (
            derived.rule in ("greater_than", "at_least", "less_than", "at_most", "equals", "one_of")
            and derived.value is None
        ):
            message = f"the rule `{derived.rule}` needs a `value`"
            yield Problem(("data", "derive", name), message, "write `value: ...`", "columns")
    for path, column in _slices(pipeline):
        if column in out:
            message = f"the slice column `{column}` is excluded from the data"
            yield Problem(path, message, "remove it from `exclude`", "columns")


def patterns_compile(pipeline: Pipeline) -> Iterator[Problem]:
    """A regular expression that does not compile would fail at run time."""
    for name, column in pipeline.data.columns.items():
        try:
            re.compile(column.matches or "")
        except re.error as error:
            yield Problem(("data", "columns", name, "matches"), f"not a regular expression: {error}", "", "pattern")


def image_has_shape(pipeline: Pipeline) -> Iterator[Problem]:
    """Images need a shape, and a convolution needs images."""
    features = pipeline.features
    if features.kind == "image" and features.image is None:
        message = "image features need the shape of an image"
        yield Problem(("features",), message, "write `image: {shape: [channels, height, width]}`", "image")
    for name, model in pipeline.model.items():
        if model.kind == "cnn" and features.kind != "image":
            yield Problem(("model", name), "a `cnn` reads images", "choose `- /features: image`", "image")


def source_is_complete(pipeline: Pipeline) -> Iterator[Problem]:
    """A file from a package is pinned, SQL has a query, a table without a header has names."""
    source, path = pipeline.data.source, ("data", "source")
    if source.package is not None and source.sha256 is None:
        yield Problem(path, "a file from a package needs its `sha256`", "write `sha256: sha256:<64 digits>`", "source")
    if source.kind == "sql" and source.query is None:
        yield Problem(path, "an SQL source needs a `query`", "write `query: SELECT ...`", "source")
    if not source.header and source.names is None:
        yield Problem(path, "a file without a header needs `names`", "write `names: [...]`", "source")


def rule_twice(pipeline: Pipeline) -> Iterator[Problem]:
    """Two rules with one id could not be told apart in a verdict or a waiver."""
    seen: dict[tuple[object, ...], Path] = {}
    for path, rule in _rules(pipeline):
        for against in ("at_least", "at_most", "over_champion", "over_dummy", "over_simple"):
            key = (rule.name, rule.by or rule.of, against)
            if getattr(rule, against) is None:
                continue
            if key in seen:
                message = f"{rule.name} is bounded twice by `{against}`" + (
                    f" for {rule.by or rule.of}" if rule.by or rule.of else ""
                )
                yield Problem((*path, against), message, "keep one of the two", "rule-twice")
            seen[key] = path


CHECKS: tuple[Callable[[Pipeline], Iterator[Problem]], ...] = (
    unknown_metric,
    bound_out_of_range,
    bound_in_wrong_direction,
    no_gate,
    split_is_whole,
    columns_agree,
    patterns_compile,
    image_has_shape,
    source_is_complete,
    rule_twice,
    *GATE_CHECKS,
)


def _metrics(pipeline: Pipeline) -> Iterator[tuple[Path, str]]:
    for path, rule in _rules(pipeline):
        if rule.metric:
            yield (*path, "metric"), rule.metric
    for index, name in enumerate(pipeline.evaluate.metrics):
        yield ("evaluate", "metrics", index), name
    if pipeline.select_by is not None:
        yield ("select_by",), pipeline.select_by


def _slices(pipeline: Pipeline) -> Iterator[tuple[Path, str]]:
    for index, column in enumerate(pipeline.evaluate.slices):
        yield ("evaluate", "slices", index), column
    for column in pipeline.evaluate.bins:
        yield ("evaluate", "bins", column), column
    for index, columns in enumerate(pipeline.evaluate.crosses):
        yield from ((("evaluate", "crosses", index), column) for column in columns)
    for path, rule in _rules(pipeline):
        if rule.by is not None:
            yield (*path, "by"), rule.by
        if rule.of is not None:
            yield (*path, "of"), rule.of


def _range(info: MetricInfo, word: str = "") -> str:
    low, high = f"{info.low:g}", f"{info.high:g}"
    if info.high == float("inf"):
        return f"from {low} up"
    if info.low == float("-inf"):
        return f"up to {high}"
    return f"between {low} and {high}" if word else f"{low} to {high}"
