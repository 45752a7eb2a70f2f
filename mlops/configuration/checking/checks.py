"""What one block cannot see by itself: metrics against the task, bounds against ranges, columns against each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mlops.blocks.column_group import SCALED, USUAL
from mlops.blocks.derived import Derived
from mlops.configuration.checking import column_rules, expression_checks, personal_columns
from mlops.configuration.checking.aggregate_checks import AGGREGATE_CHECKS
from mlops.configuration.checking.auto_checks import auto_names_kinds, portfolio_and_race_search
from mlops.configuration.checking.backtest_checks import backtest_has_an_order
from mlops.configuration.checking.deploy_checks import (
    exposed_server,
    log_without_a_place,
    proxy_reads_an_address,
    target_without_kind,
)
from mlops.configuration.checking.ensemble_checks import ensemble_is_possible
from mlops.configuration.checking.fold_checks import folds_are_possible
from mlops.configuration.checking.forecast_checks import FORECAST_CHECKS
from mlops.configuration.checking.gate_checks import GATE_CHECKS
from mlops.configuration.checking.gate_checks import rules as _rules
from mlops.configuration.checking.image_checks import IMAGE_CHECKS
from mlops.configuration.checking.metric_checks import (
    bound_in_wrong_direction,
    bound_out_of_range,
    cost_fits_task,
    unknown_metric,
)
from mlops.configuration.checking.objective_checks import OBJECTIVE_CHECKS
from mlops.configuration.checking.problem import Problem
from mlops.configuration.checking.serving_checks import serving_is_whole
from mlops.configuration.checking.split_checks import split_is_whole
from mlops.configuration.checking.target_code_checks import targets_are_not_told
from mlops.configuration.checking.test_set_checks import test_set_is_the_only_one
from mlops.configuration.checking.tune_checks import TUNE_CHECKS
from mlops.configuration.checking.weight_checks import WEIGHT_CHECKS
from mlops.configuration.columns import kept
from mlops.configuration.data import Data, excluded, sources
from mlops.configuration.gates import sides
from mlops.configuration.model import Own
from mlops.configuration.pipeline import Pipeline
from mlops.configuration.reading.document import Path
from mlops.kinds.kind import OURS
from mlops.metrics import METRICS
from mlops.models import MODELS
from mlops.models.groups import read_by
from mlops.perturbations import PERTURBATIONS
from mlops.sources import SOURCES
from mlops.sources.source import Source


def check(pipeline: Pipeline) -> tuple[Problem, ...]:
    """Find what is wrong between the blocks of one pipeline."""
    return tuple(problem for check in CHECKS for problem in check(pipeline))


def no_gate(pipeline: Pipeline) -> Iterator[Problem]:
    """Without a blocking rule every model would pass."""
    if not any(rule.mode == "block" for _, rule in _rules(pipeline) if rule.section == "rules"):
        yield Problem(
            ("gates",), "no gate blocks anything", "choose `- /gates: ...` or write a rule under `gates:`", "no-gate"
        )


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
        if isinstance(derived, Derived) and (
            derived.rule in ("greater_than", "at_least", "less_than", "at_most", "equals", "one_of")
            and derived.value is None
        ):
            message = f"the rule `{derived.rule}` needs a `value`"
            yield Problem(("data", "derive", name), message, "write `value: ...`", "columns")
    yield from _left_out(pipeline)


def _left_out(pipeline: Pipeline) -> Iterator[Problem]:
    """Find columns that results are told by and that `exclude` or `include` takes away from the rows."""
    data = pipeline.data
    out, stays = (
        excluded(data),
        {data.target, data.weight, *data.keys, data.entity, data.split.key, *(data.include or ())},
    )
    for path, column in kept(pipeline):
        name = f"the slice column `{column}`" if path[-1] != "key" else f"`{column}`, by which rows are named,"
        if column in out:
            yield Problem(path, f"{name} is excluded from the data", "remove it from `exclude`", "columns")
        elif data.include is not None and column not in stays:
            hint = f"add it there, or write `keys: [{column}]` to keep it without learning from it"
            yield Problem(path, f"{name} is not among those of `include`", hint, "columns")


def refit_is_possible(pipeline: Pipeline) -> Iterator[Problem]:
    """What another distribution brings may stop on the rows that it is taught, unless it says that it does not."""
    if not pipeline.refit:
        return
    for name, model in pipeline.model.items():
        kind = MODELS.get(model.kind)
        if kind is not None and kind.package != OURS and not kind.can.get("refit"):
            message = f"`refit` teaches validation rows, on which `{model.kind}` of {kind.package} may stop training"
            yield Problem(("model", name, "kind"), message, "remove `refit`, or choose another kind", "refit")


def pixels_are_scaled(pipeline: Pipeline) -> Iterator[Problem]:
    """Of a table of pixels there is one group of columns, and no other to read."""
    if pipeline.features.kind != "image" or pipeline.data.images:
        return
    for name, model in pipeline.model.items():
        if isinstance(model, Own):
            key, read = "groups", model.groups or USUAL
        else:
            read = read_by(MODELS[model.kind], model)
            key = "columns" if "columns" in type(model).model_fields else "groups"
        if SCALED not in read:
            named = ", ".join(f"`{each}`" for each in read if ":" not in each)
            message = f"features of `kind: image` are pixels, scaled; there are no {named}"
            yield Problem(("model", name, key), message, f"remove `{key}`", "image")


def source_is_complete(pipeline: Pipeline) -> Iterator[Problem]:
    """A file from a package is pinned, SQL has a query, a table without a header has names."""
    for path, source in sources(pipeline.data):
        yield from _source_is_complete(source, path)
    yield from _joins_are_whole(pipeline.data)


def _joins_are_whole(data: Data) -> Iterator[Problem]:
    """A joined table has one row a key, and does not see the future by another name."""
    for index, joined in enumerate(data.join):
        path: Path = ("data", "join", index)
        if joined.cardinality == "many":
            message = f"{joined.source.label} has many rows a key: joined, they would multiply the rows"
            hint = "make one of them before, as with `kind: sql` and `GROUP BY`; write `cardinality: one`"
            yield Problem((*path, "cardinality"), message, hint, "join")
        if joined.theirs is not None and len(joined.theirs) != len(joined.by):
            message = f"`by` has {len(joined.by)} columns and `theirs` {len(joined.theirs)}"
            yield Problem((*path, "theirs"), message, "name each column of the key once in both", "join")
        for name in joined.columns or ():
            if name in joined.keys.values():
                message = f"`{name}` is the key, which the rows have already"
                yield Problem((*path, "columns"), message, "remove it from `columns`", "join")


def _source_is_complete(source: Source, path: Path) -> Iterator[Problem]:
    if source.package is not None and source.sha256 is None:
        yield Problem(path, "a file from a package needs its `sha256`", "write `sha256: sha256:<64 digits>`", "source")
    asks = SOURCES[source.kind].can.get("query")
    if asks and source.query is None:
        yield Problem(path, f"{asks} needs a `query`", "write `query: SELECT ...`", "source")
    if not source.header and source.names is None:
        yield Problem(path, "a file without a header needs `names`", "write `names: [...]`", "source")


def rule_twice(pipeline: Pipeline) -> Iterator[Problem]:
    """Two rules with one id could not be told apart in a verdict or a waiver."""
    seen: dict[tuple[object, ...], Path] = {}
    for path, rule in _rules(pipeline):
        for against in ("at_least", "at_most", *(f"over_{model}" for model in rule.differences)):
            key = (rule.name, rule.by or rule.of, rule.under, against)
            if getattr(rule, against) is None:
                continue
            if key in seen:
                message = f"{rule.name} is bounded twice by `{against}`" + (
                    f" for {rule.by or rule.of}" if rule.by or rule.of else ""
                )
                yield Problem((*path, against), message, "keep one of the two", "rule-twice")
            seen[key] = path


def monitor_makes_sense(pipeline: Pipeline) -> Iterator[Problem]:
    """What is watched can be measured: a bound on the metric's bad side, labels where they are needed."""
    monitor = pipeline.monitor
    if monitor is None:
        return
    performance, retrain = monitor.performance, monitor.retrain
    if performance is not None and performance.metric in METRICS:
        wrong, right = sides(higher_is_better=METRICS[performance.metric].higher_is_better)
        if getattr(performance, wrong) is not None:
            path = ("monitor", "performance", wrong)
            message = f"`{wrong}` bounds {performance.metric} on its good side"
            yield Problem(path, message, f"write `{right}` or `no_worse_than`", "bound-direction")
    if monitor.labels is None and (performance is not None or retrain is not None):
        key = "performance" if performance is not None else "retrain"
        message = f"`{key}` needs labels, and nothing says where they are"
        yield Problem(("monitor", key), message, "write `labels: FILE` under `monitor:`", "monitor")
    if retrain is not None and "performance" in retrain.when and performance is None:
        message = "a retraining on performance needs a bound on a metric"
        hint = "write `performance: {metric: ..., no_worse_than: ...}` under `monitor:`"
        yield Problem(("monitor", "retrain", "when"), message, hint, "monitor")


def perturbation_fits(pipeline: Pipeline) -> Iterator[Problem]:
    """An image has no units, a table no brightness, and a share is at most 1."""
    features, declared = pipeline.features.kind, pipeline.evaluate.robustness
    named: list[tuple[Path, str]] = [
        (("evaluate", "robustness", name if isinstance(declared, dict) else index), name)
        for index, name in enumerate(declared)
    ]
    named += [((*path, "under"), rule.under) for path, rule in _rules(pipeline) if rule.under is not None]
    for path, name in named:
        if not PERTURBATIONS[name].fits(features):
            other, here = ("tables", "images") if features == "image" else ("images", "tables")
            message = f"`{name}` perturbs {other}, not {here}"
            fitting = [name for name, kind in PERTURBATIONS.items() if kind.fits(features)]
            yield Problem(path, message, f"one of: {', '.join(fitting)}", "perturbation")
    for name, strength in declared.items() if isinstance(declared, dict) else ():
        if PERTURBATIONS[name].share and strength > 1:
            message = f"the strength of `{name}` is a share"
            yield Problem(("evaluate", "robustness", name), message, "write a number up to 1", "perturbation")


CHECKS: tuple[Callable[[Pipeline], Iterator[Problem]], ...] = (
    unknown_metric,
    cost_fits_task,
    bound_out_of_range,
    bound_in_wrong_direction,
    no_gate,
    split_is_whole,
    folds_are_possible,
    targets_are_not_told,
    test_set_is_the_only_one,
    backtest_has_an_order,
    columns_agree,
    personal_columns.are_untold,
    *column_rules.CHECKS,
    *expression_checks.CHECKS,
    *AGGREGATE_CHECKS,
    *IMAGE_CHECKS,
    pixels_are_scaled,
    refit_is_possible,
    auto_names_kinds,
    portfolio_and_race_search,
    ensemble_is_possible,
    source_is_complete,
    rule_twice,
    monitor_makes_sense,
    perturbation_fits,
    serving_is_whole,
    target_without_kind,
    exposed_server,
    proxy_reads_an_address,
    log_without_a_place,
    *GATE_CHECKS,
    *FORECAST_CHECKS,
    *WEIGHT_CHECKS,
    *OBJECTIVE_CHECKS,
    *TUNE_CHECKS,
)
