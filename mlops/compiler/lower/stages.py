"""The stages of a pipeline: what each reads, writes and may know of the configuration."""

from __future__ import annotations

from typing import Any

from mlops.blocks.address import own_file
from mlops.blocks.waiver import Waiver
from mlops.compiler.lower import plots
from mlops.compiler.lower.configuration import digest_sections
from mlops.compiler.lower.data_quality import data_rules
from mlops.compiler.lower.forecast import lookback, task_of
from mlops.compiler.lower.gates import lower_own, lower_rules, lower_slices
from mlops.compiler.lower.inputs import Facts
from mlops.compiler.lower.reproducible import reproducible
from mlops.compiler.lower.serving import serving_rules
from mlops.configuration.data import Data, brief, dump, excluded
from mlops.configuration.model import Own
from mlops.configuration.pipeline import Pipeline
from mlops.configuration.robustness import strengths
from mlops.metrics import metrics_for
from mlops.plan.stage import Kind, Output, Stage

# The project's own environment comes first, so that `dvc repro` works without activating it.
COMMAND = 'PATH="$DVC_ROOT/.venv/bin:$PATH" mlops stage {}'

_USUAL_METRICS = {
    "binary": ("auroc", "average_precision", "log_loss", "brier", "accuracy", "balanced_accuracy"),
    "multiclass": ("accuracy", "balanced_accuracy", "macro_f1", "log_loss"),
    "regression": ("rmse", "mae", "r2"),
    "forecasting": ("mase", "smape", "wape", "rmse", "mae"),
}
_SELECT_BY = {"binary": "auroc", "multiclass": "log_loss", "regression": "rmse", "forecasting": "mae"}


def lower_stages(name: str, spec: Pipeline, facts: Facts) -> tuple[Stage, ...]:
    """Decide every stage of a pipeline, in running order."""
    learning = (
        _ingest(spec),
        _validate(spec),
        _split(spec),
        _features(spec),
        _train(name, spec),
        _bundle(name, spec),
        _evaluate(name, spec),
        *_measure(spec),
        _gate(spec, facts.waivers.get(name, ())),
    )
    configuration = digest_sections(learning)
    stages = (*learning, _package(name, spec, configuration))
    return tuple(_identified(stage, facts) for stage in stages)


def _identified(stage: Stage, facts: Facts) -> Stage:
    """Add what code and which libraries a stage's result depends on; a statement names those of every stage."""
    whole = stage.name == "package"
    code = dict(sorted(facts.code.items())) if whole else facts.code.get(stage.name, "")
    pins = facts.libraries.values() if whole else (facts.libraries.get(stage.name, {}),)
    libraries = {name: version for known in pins for name, version in known.items()}
    section = {**stage.section, "code": code, "libraries": dict(sorted(libraries.items()))}
    return Stage(stage.name, stage.command, stage.inputs, stage.outputs, section)


def _stage(name: str, section: dict[str, Any], inputs: tuple[str, ...], *outputs: Output) -> Stage:
    return Stage(name, COMMAND.format(name), tuple(sorted(inputs)), outputs, section)


def _ingest(spec: Pipeline) -> Stage:
    sources = (spec.data.source, *spec.data.source.beside)
    files = tuple(source.path for source in sources if source.package is None)
    source = brief(spec.data.source)
    source.pop("recorded", None)  # what the day is used for is another stage's
    return _stage("ingest", {"source": source}, files, Output("artifacts/raw.parquet"))


def _validate(spec: Pipeline) -> Stage:
    data = spec.data
    ordered = [data.split.key] if data.split.key and spec.forecast is None else []
    keys = {*data.keys, *([data.entity] if data.entity else []), *ordered}
    section = {
        "task": task_of(spec),
        "target": data.target,
        "positive": data.positive,
        "entity": data.entity,
        "keys": sorted(keys),
        "columns": {name: brief(rule) for name, rule in data.columns.items()},
        "strict": data.strict,
        "rows": dump(data.rows),
        "unique": [list(columns) for columns in data.unique],
        "derive": {name: brief(rule) for name, rule in data.derive.items()},
        "exclude": list(excluded(data)),
        "include": None if data.include is None else list(data.include),
        "drop_null_target": data.drop_null_target,
        **_further(data),
        **({"dated": data.split.key} if learns_key(spec) else {}),
        **lookback(spec),
    }
    outputs = (
        Output("artifacts/schema.json"),
        Output("artifacts/valid.parquet"),
        Output("reports/data.json", Kind.REPORT),
    )
    own = {own_file(check.use) for check in data.checks}
    reference = () if data.drift is None else (data.drift.reference,)
    return _stage("validate", section, ("artifacts/raw.parquet", *own, *reference), *outputs)


def _further(data: Data) -> dict[str, Any]:
    """Spell the rules that few pipelines have, where they have them."""
    recorded = data.source.recorded
    found: dict[str, Any] = {
        "ordered": data.ordered,
        "pairs": [dump(rule) for rule in data.pairs],
        "freshness": [dump(rule) | {"before": rule.before or recorded} for rule in data.freshness],
        "checks": [dump(rule) for rule in data.checks],
        "drift": data.drift and dump(data.drift),
        "label_noise": data.label_noise and dump(data.label_noise),
    }
    return {key: value for key, value in found.items() if value}


def learns_key(spec: Pipeline) -> bool:
    """Say whether the column that a split by time goes by is learnt from too: where parts of dates are asked for.

    Without a word about dates it only orders the rows; what `keys` names is never learnt from.
    """
    split = spec.data.split
    orders = split.by == "time" and split.key is not None and spec.forecast is None
    return (
        orders and "datetime" in spec.features.model_fields_set and split.key not in {*spec.data.keys, spec.data.entity}
    )


def _split(spec: Pipeline) -> Stage:
    section = {**dump(spec.data.split), "target": spec.data.target, "task": task_of(spec), "entity": spec.data.entity}
    section |= lookback(spec)
    outputs = (Output("artifacts/split"), Output("reports/split.json", Kind.REPORT))
    return _stage("split", section, ("artifacts/schema.json", "artifacts/valid.parquet"), *outputs)


def _features(spec: Pipeline) -> Stage:
    section = {"task": task_of(spec), "target": spec.data.target, **dump(spec.features)}
    return _stage("features", section, ("artifacts/schema.json", "artifacts/split"), Output("artifacts/features"))


def _train(name: str, spec: Pipeline) -> Stage:
    own = {own_file(model.kind) for model in spec.model.values() if isinstance(model, Own)}
    section = {
        "pipeline": name,
        "task": task_of(spec),
        "seed": spec.seed,
        "select_by": spec.select_by or _SELECT_BY[spec.task],
        "candidates": {candidate: dump(model) for candidate, model in sorted(spec.model.items())},
        "trainer": dump(spec.trainer) | {"reproducible": reproducible(spec)},
        **({"learning_curve": True} if spec.evaluate.learning_curve else {}),
    }
    backtest = spec.forecast is not None and spec.forecast.backtest > 0
    if spec.forecast is not None and backtest:
        section |= {"target": spec.data.target, "backtest": spec.forecast.backtest, **lookback(spec)}
    explain = spec.evaluate.explain
    if explain is not None and explain.attributions:
        section["explain"] = {"sample": explain.sample, "key": explain.key, "rows": list(explain.rows)}
    outputs = (
        Output("artifacts/model"),
        Output("reports/history.csv", Kind.PLOT, (plots.HISTORY,)),
        Output("reports/training.json", Kind.METRIC),
        *([Output("reports/explanations.json", Kind.REPORT)] if "explain" in section else []),
    )
    curve = (
        (Output("reports/learning_curve.csv", Kind.PLOT, (plots.LEARNING,)),) if spec.evaluate.learning_curve else ()
    )
    rows = ("artifacts/split",) if "explain" in section or backtest else ()
    return _stage("train", section, ("artifacts/features", *rows, *own), *outputs, *curve)


def _bundle(name: str, spec: Pipeline) -> Stage:
    cost = spec.evaluate.cost
    section = {
        "pipeline": name,
        "golden_rows": spec.package.golden_rows,
        **({} if cost is None else {"cost": dump(cost)}),
        **({"requests": requests} if (requests := brief(spec.requests)) else {}),
    }
    inputs = ("artifacts/features", "artifacts/model", "artifacts/schema.json", "artifacts/split")
    return _stage("bundle", section, inputs, Output("artifacts/bundle"))


def _evaluate(name: str, spec: Pipeline) -> Stage:
    rules = lower_rules(spec)
    named = {rule["metric"] for rule in rules} | set(spec.evaluate.metrics)
    usual = spec.evaluate.metrics or _USUAL_METRICS[spec.task]
    sensitive = {column for column, rule in spec.data.columns.items() if rule.sensitive}
    cost = spec.evaluate.cost
    declared = frozenset() if cost is None else frozenset({"evaluate.cost"})
    named |= {"value"} if cost is not None else set()
    named_by = {column for rule in rules for column in (rule["by"], rule.get("of")) if column}
    shaped, own = lower_slices(spec), lower_own(spec)
    slices = sensitive | named_by | set(spec.evaluate.slices) | set(spec.evaluate.bins) | set(shaped.get("crosses", ()))
    section = {
        "pipeline": name,
        "task": task_of(spec),
        "target": spec.data.target,
        "metrics": [m for m in metrics_for(spec.task, declared) if m in named or m in usual] + list(own),
        "slices": sorted(slices),
        **shaped,
        "group": _group(spec),
        "bootstrap": dump(spec.evaluate.bootstrap),
        "baselines": ["dummy", "simple"],
        **_examined(spec),
        **({} if cost is None else {"cost": dump(cost)}),
        **lookback(spec),
        **({"own": own} if own else {}),
    }
    outputs = (
        Output("artifacts/evaluation"),
        Output("reports/metrics.json", Kind.METRIC),
        Output("reports/plots", Kind.PLOT, plots.of(spec)),
    )
    inputs = ("artifacts/bundle", "artifacts/features", "artifacts/split")
    return _stage("evaluate", section, (*inputs, *{own_file(rule["use"]) for rule in own.values()}), *outputs)


def _examined(spec: Pipeline) -> dict[str, Any]:
    """What is examined besides metrics; nothing that was not asked for is in the section."""
    rules = (*spec.preset.gates, *spec.gates)
    robustness = strengths(spec.evaluate.robustness, tuple(rule.under for rule in rules if rule.under))
    examined: dict[str, Any] = {"robustness": robustness} if robustness else {}
    if spec.evaluate.discover is not None:
        examined["discover"] = dump(spec.evaluate.discover)
    if (explain := spec.evaluate.explain) is not None and explain.permutation:
        examined["importance"] = {
            "metric": spec.select_by or _SELECT_BY[spec.task],
            "repetitions": explain.repetitions,
            "sample": explain.sample,
        }
    return examined


def _measure(spec: Pipeline) -> tuple[Stage, ...]:
    """Measure what serving costs, where a rule asks for it."""
    if not serving_rules(spec):
        return ()
    inputs = ("artifacts/bundle",)
    return (_stage("measure", dump(spec.evaluate.serving), inputs, Output("reports/serving.json", Kind.REPORT)),)


def _gate(spec: Pipeline, waivers: tuple[Waiver, ...]) -> Stage:
    section = {
        "task": task_of(spec),
        "group": _group(spec) if spec.forecast is None else f"consecutive {spec.data.split.key}",
        "bootstrap": dump(spec.evaluate.bootstrap),
        "minimum_rows": spec.evaluate.minimum_rows,
        "rules": lower_rules(spec),
        **({"serving": serving} if (serving := serving_rules(spec)) else {}),
        **({"data": data} if (data := data_rules(spec)) else {}),
        **({"waivers": [waiver.model_dump(mode="json") for waiver in waivers]} if waivers else {}),
        **({} if spec.evaluate.cost is None else {"cost": dump(spec.evaluate.cost)}),
        **({"own": own} if (own := lower_own(spec)) else {}),
    }
    explain = spec.evaluate.explain
    inputs = (
        "artifacts/bundle",
        "artifacts/evaluation",
        *(["reports/serving.json"] if serving else []),
        *(["reports/explanations.json"] if explain is not None and explain.attributions else []),
        *(["reports/learning_curve.csv"] if spec.evaluate.learning_curve else []),
        "reports/data.json",
        "reports/history.csv",
        "reports/metrics.json",
        "reports/plots",
        "reports/split.json",
        "reports/training.json",
    )
    return _stage(
        "gate", section, inputs, Output("reports/gate.json", Kind.REPORT), Output("reports/report.html", Kind.PAGE)
    )


def _package(name: str, spec: Pipeline, configuration: str) -> Stage:
    section = {
        "pipeline": name,
        "description": spec.description,
        "owners": list(spec.owners),
        "risk": spec.risk,
        "configuration": configuration,
        **({"card": said} if (said := spec.card.model_dump(exclude_none=True)) else {}),
    }
    inputs = (
        "artifacts/bundle",
        "artifacts/evaluation",
        "artifacts/schema.json",
        "reports/data.json",
        "reports/gate.json",
        "reports/metrics.json",
        "reports/split.json",
        "reports/training.json",
    )
    outputs = (Output("reports/bundle.json", Kind.REPORT), Output("reports/card.md", Kind.REPORT))
    return _stage("package", section, inputs, *outputs)


def _group(spec: Pipeline) -> str | None:
    """Name the column whose values are resampled whole: the entity, else what the split goes by."""
    return spec.data.entity or (spec.data.split.key if spec.data.split.by == "group" else None)
