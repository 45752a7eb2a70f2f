"""The stage `evaluate`: the bundle and the baselines on the test rows."""

from __future__ import annotations

from mlops.blocks.address import own_file
from mlops.blocks.examine import Importance
from mlops.configuration.pipeline import Pipeline
from mlops.configuration.robustness import strengths
from mlops.kinds.kind import Kind as Named
from mlops.metrics import METRICS, metrics_for
from mlops.perturbations import PERTURBATIONS
from mlops.plan.stage import Kind, Output
from mlops.stages.declare import plots
from mlops.stages.declare.declaration import Declaration, Files, Given, Parameter, once
from mlops.stages.declare.forecasts import LOOKBACK, by_distance, comparators, task_of
from mlops.stages.declare.gate_bounds import OWN, bins, crosses, lower_own, lower_rules
from mlops.stages.declare.train import refitted, selected

_USUAL_METRICS = {
    "binary": ("auroc", "average_precision", "log_loss", "brier", "accuracy", "balanced_accuracy"),
    "multiclass": ("accuracy", "balanced_accuracy", "macro_f1", "log_loss"),
    "regression": ("rmse", "mae", "r2"),
    "forecasting": ("mase", "smape", "wape", "rmse", "mae"),
}


def group(spec: Pipeline) -> str | None:
    """Name the column whose values are resampled whole: the entity, else what the split goes by."""
    return spec.data.entity or (spec.data.split.key if spec.data.split.by == "group" else None)


_READ = " ".join(f"data.images.*.{key}" for key in ("from", "shape", "folder", "resize", "broken", "largest"))


@once
def _metrics(spec: Pipeline) -> list[str]:
    named = {rule.metric for rule in lower_rules(spec)} | set(spec.evaluate.metrics)
    usual = spec.evaluate.metrics or _USUAL_METRICS[spec.task]
    priced = spec.evaluate.cost is not None
    named |= {"value"} if priced else set()
    if (percent := spec.objective.percent) is not None:
        named |= {f"pinball_{percent}", f"coverage_error_{percent}"}
    declared = frozenset({"evaluate.cost"} if priced else ())
    asked = frozenset(named.union(usual))
    return [m for m in metrics_for(spec.task, declared, asked) if m in asked] + list(lower_own(spec))


def _slices(spec: Pipeline) -> list[str]:
    sensitive = {column for column, rule in spec.data.columns.items() if rule.sensitive}
    named = {column for rule in lower_rules(spec) for column in (rule.by, rule.of) if column}
    named |= {*spec.evaluate.slices, *spec.evaluate.bins, *crosses(spec), *by_distance(spec)}
    return sorted(sensitive | named)


def _robustness(spec: Pipeline) -> dict[str, float]:
    rules = (*spec.preset.gates, *spec.gates)
    return strengths(spec.evaluate.robustness, tuple(rule.under for rule in rules if rule.under))


def _importance(spec: Pipeline) -> Importance | None:
    explain = spec.evaluate.explain
    if explain is None or not explain.permutation:
        return None
    return Importance(metric=selected(spec), repetitions=explain.repetitions, sample=explain.sample)


def _persistence(spec: Pipeline) -> dict[str, str | None]:
    """Name the columns of time and of what has a past of its own; a forecast has naive forecasts instead."""
    split = spec.data.split
    timed = split.by == "time" and spec.task != "forecasting"
    return {"time": split.key, "thing": spec.data.entity} if timed else {}


def _pictures(spec: Pipeline) -> dict[str, bool]:
    """Say of which columns of pictures some may be shown."""
    return {name: image.public for name, image in spec.data.images.items()}


def _blind(spec: Pipeline) -> list[str]:
    """Read the candidate as it was chosen, where validation rows are asked that the released model has learnt from."""
    asked = spec.evaluate.cost is not None or spec.evaluate.discover is not None
    return ["artifacts/model"] if asked and refitted(spec) else []


def _kinds(spec: Pipeline) -> list[Named]:
    """Name the metrics that are measured, and what is done to rows."""
    metrics = [METRICS[name] for name in (*_metrics(spec), selected(spec)) if name in METRICS]
    return [*metrics, *(PERTURBATIONS[name] for name in _robustness(spec))]


EVALUATE = Declaration(
    "evaluate",
    parameters=(
        Given("pipeline"),
        Parameter("task", "task", task_of),
        Parameter("target", "data.target"),
        Parameter("metrics", "evaluate.metrics evaluate.cost task gates preset.gates objective.quantile", _metrics),
        Parameter(
            "slices",
            "evaluate.slices evaluate.bins evaluate.crosses data.columns.*.sensitive gates preset.gates "
            "forecast.horizons",
            _slices,
        ),
        Parameter("bins", "evaluate.bins", bins, optional=True),
        Parameter("crosses", "evaluate.crosses", crosses, optional=True, whole=True),
        Parameter("group", "data.entity data.split.by data.split.key", group),
        Parameter("weight", "data.weight", optional=True),
        Parameter("quantile", "objective.quantile", optional=True),
        Parameter("bootstrap", "evaluate.bootstrap"),
        Parameter("baselines", made=lambda _: ["dummy", "simple"]),
        Parameter(
            "persistence", "data.split.by data.split.key data.entity task", _persistence, optional=True, whole=True
        ),
        Parameter("robustness", "evaluate.robustness gates preset.gates", _robustness, optional=True),
        Parameter("discover", "evaluate.discover", optional=True),
        Parameter(
            "importance",
            "evaluate.explain select_by",
            _importance,
            optional=True,
            but="evaluate.explain.attributions evaluate.explain.key evaluate.explain.rows",
        ),
        Parameter("cost", "evaluate.cost", optional=True),
        LOOKBACK,
        Parameter("comparators", "forecast.comparators", comparators, optional=True),
        Parameter("pictures", "data.images", _pictures, optional=True, whole=True, but=_READ),
        OWN,
    ),
    inputs=(
        "artifacts/bundle",
        "artifacts/features",
        "artifacts/split",
        Files("evaluate.cost evaluate.discover refit model.*.kind", _blind),
        Files("gates preset.gates", lambda spec: [own_file(rule.own or "") for rule in lower_own(spec).values()]),
    ),
    outputs=(Output("artifacts/evaluation"), Output("reports/metrics.json", Kind.REPORT)),
    further=lambda spec: (Output("reports/plots", Kind.PLOT, plots.of(spec)),),
    kinds=_kinds,
)
