"""The stages of a pipeline: what each reads, writes and may know of the configuration."""

from __future__ import annotations

from typing import Any

from mlops.lower.configuration import digest_sections
from mlops.lower.gates import lower_rules
from mlops.lower.inputs import Facts
from mlops.plan.stage import Kind, Output, Stage
from mlops.spec.data import brief, dump, excluded
from mlops.spec.metrics import metrics_for
from mlops.spec.model import Own
from mlops.spec.pipeline import Pipeline

# The project's own environment comes first, so that `dvc repro` works without activating it.
COMMAND = 'PATH="$DVC_ROOT/.venv/bin:$PATH" mlops stage {}'

_USUAL_METRICS = {
    "binary": ("auroc", "average_precision", "log_loss", "brier", "accuracy", "balanced_accuracy"),
    "multiclass": ("accuracy", "balanced_accuracy", "macro_f1", "log_loss"),
    "regression": ("rmse", "mae", "r2"),
}
_SELECT_BY = {"binary": "auroc", "multiclass": "log_loss", "regression": "rmse"}


def lower_stages(name: str, spec: Pipeline, facts: Facts) -> tuple[Stage, ...]:
    """Decide every stage of a pipeline, in running order."""
    learning = (
        _ingest(spec),
        _validate(spec),
        _split(spec),
        _features(spec),
        _train(name, spec),
        _evaluate(name, spec, facts.champions.get(name)),
        _gate(spec),
    )
    configuration = digest_sections(learning)
    stages = (*learning, _package(name, spec, configuration))
    return tuple(_identified(stage, facts) for stage in stages)


def _identified(stage: Stage, facts: Facts) -> Stage:
    """Add what code and which libraries a stage's result depends on; a bundle names the code of every stage."""
    code = dict(sorted(facts.code.items())) if stage.name == "package" else facts.code.get(stage.name, "")
    section = {
        **stage.section,
        "code": code,
        "libraries": dict(facts.libraries.get(stage.name, {})),
    }
    return Stage(stage.name, stage.command, stage.inputs, stage.outputs, section)


def _stage(name: str, section: dict[str, Any], inputs: tuple[str, ...], *outputs: Output) -> Stage:
    return Stage(name, COMMAND.format(name), tuple(sorted(inputs)), outputs, section)


def _ingest(spec: Pipeline) -> Stage:
    sources = (spec.data.source, *spec.data.source.beside)
    files = tuple(source.path for source in sources if source.package is None)
    return _stage("ingest", {"source": brief(spec.data.source)}, files, Output("artifacts/raw.parquet"))


def _validate(spec: Pipeline) -> Stage:
    data = spec.data
    keys = {*data.keys, *([data.entity] if data.entity else []), *([data.split.key] if data.split.key else [])}
    section = {
        "task": spec.task,
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
    }
    outputs = (
        Output("artifacts/schema.json"),
        Output("artifacts/valid.parquet"),
        Output("reports/data.json", Kind.REPORT),
    )
    return _stage("validate", section, ("artifacts/raw.parquet",), *outputs)


def _split(spec: Pipeline) -> Stage:
    section = {**dump(spec.data.split), "target": spec.data.target, "task": spec.task, "entity": spec.data.entity}
    outputs = (Output("artifacts/split"), Output("reports/split.json", Kind.REPORT))
    return _stage("split", section, ("artifacts/valid.parquet",), *outputs)


def _features(spec: Pipeline) -> Stage:
    section = {"task": spec.task, "target": spec.data.target, **dump(spec.features)}
    return _stage("features", section, ("artifacts/schema.json", "artifacts/split"), Output("artifacts/features"))


def _train(name: str, spec: Pipeline) -> Stage:
    own = {
        f"{model.kind.partition(':')[0].split('.')[2]}.py" for model in spec.model.values() if isinstance(model, Own)
    }
    section = {
        "pipeline": name,
        "task": spec.task,
        "seed": spec.seed,
        "select_by": spec.select_by or _SELECT_BY[spec.task],
        "candidates": {candidate: dump(model) for candidate, model in sorted(spec.model.items())},
        "trainer": dump(spec.trainer),
    }
    outputs = (
        Output("artifacts/model"),
        Output("reports/history.csv", Kind.PLOT),
        Output("reports/training.json", Kind.METRIC),
    )
    return _stage("train", section, ("artifacts/features", *own), *outputs)


def _evaluate(name: str, spec: Pipeline, champion: str | None) -> Stage:
    rules = lower_rules(spec)
    named = {rule["metric"] for rule in rules} | set(spec.evaluate.metrics)
    usual = spec.evaluate.metrics or _USUAL_METRICS[spec.task]
    sensitive = {column for column, rule in spec.data.columns.items() if rule.sensitive}
    slices = sensitive | {rule["by"] for rule in rules if rule["by"]} | set(spec.evaluate.slices)
    section = {
        "pipeline": name,
        "task": spec.task,
        "target": spec.data.target,
        "metrics": [metric for metric in metrics_for(spec.task) if metric in named or metric in usual],
        "slices": sorted(slices),
        "group": _group(spec),
        "champion": champion,
        "bootstrap": dump(spec.evaluate.bootstrap),
        "baselines": ["dummy", "simple"],
    }
    outputs = (
        Output("artifacts/evaluation"),
        Output("reports/metrics.json", Kind.METRIC),
        Output("reports/plots", Kind.PLOT),
    )
    inputs = ("artifacts/features", "artifacts/model", "artifacts/schema.json", "artifacts/split")
    return _stage("evaluate", section, inputs, *outputs)


def _gate(spec: Pipeline) -> Stage:
    section = {
        "task": spec.task,
        "group": _group(spec),
        "bootstrap": dump(spec.evaluate.bootstrap),
        "minimum_rows": spec.evaluate.minimum_rows,
        "rules": lower_rules(spec),
    }
    inputs = (
        "artifacts/evaluation",
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
        "golden_rows": spec.package.golden_rows,
        "configuration": configuration,
    }
    inputs = (
        "artifacts/evaluation",
        "artifacts/features/transform.json",
        "artifacts/model",
        "artifacts/schema.json",
        "artifacts/split",
        "reports/data.json",
        "reports/gate.json",
        "reports/metrics.json",
        "reports/split.json",
        "reports/training.json",
    )
    return _stage("package", section, inputs, Output("artifacts/bundle"), Output("reports/bundle.json", Kind.REPORT))


def _group(spec: Pipeline) -> str | None:
    """Name the column whose values are resampled whole: the entity, else what the split goes by."""
    return spec.data.entity or (spec.data.split.key if spec.data.split.by == "group" else None)
