"""The stage `train`: every candidate learns, the best on validation is written as ONNX."""

from __future__ import annotations

from mlops.blocks.address import own_file
from mlops.blocks.ensemble import Together
from mlops.blocks.examine import Attributed
from mlops.blocks.trainer import Trainer
from mlops.configuration.model import Own, own_addresses
from mlops.configuration.pipeline import Pipeline
from mlops.configuration.tuning import INSIDE
from mlops.kinds.kind import Kind as Named
from mlops.kinds.union import Kinded
from mlops.metrics import METRICS, validated
from mlops.models import MODELS
from mlops.plan.stage import Kind, Output
from mlops.stages.declare import plots
from mlops.stages.declare.declaration import Declaration, Files, Given, Parameter
from mlops.stages.declare.forecasts import backtested, lookback, origins, task_of
from mlops.stages.declare.reproducible import reproducible

_SELECT_BY = {"binary": "auroc", "multiclass": "log_loss", "regression": "rmse", "forecasting": "mae"}
_GLOBAL = "evaluate.explain.permutation evaluate.explain.repetitions"  # of importance, which is of `evaluate`


def selected(spec: Pipeline) -> str:
    """Name the metric that chooses among candidates."""
    percent = spec.objective.percent
    return spec.select_by or (_SELECT_BY[spec.task] if percent is None else f"pinball_{percent}")


def attributed(spec: Pipeline) -> bool:
    """Say whether scores are explained, row by row."""
    return spec.evaluate.explain is not None and spec.evaluate.explain.attributions


def refitted(spec: Pipeline) -> list[str]:
    """Name the candidates that learn from validation rows too before they are released; of folds none does."""
    if spec.data.split.folds is not None:
        return []
    return sorted(name for name, model in spec.model.items() if _refits(spec.refit, model))


def _refits(wanted: bool | None, model: Kinded) -> bool:
    usual = not isinstance(model, Own) and bool(MODELS[model.kind].can.get("refit"))
    return usual if wanted is None else wanted


def _target(spec: Pipeline) -> str:
    return spec.data.target if backtested(spec) else ""


def _sliding(spec: Pipeline) -> int | None:
    return spec.forecast.sliding if spec.forecast is not None and backtested(spec) else None


def _trainer(spec: Pipeline) -> Trainer:
    return spec.trainer.model_copy(update={"reproducible": reproducible(spec)})


def _explain(spec: Pipeline) -> Attributed | None:
    explain = spec.evaluate.explain
    if explain is None or not explain.attributions:
        return None
    return Attributed(sample=explain.sample, key=explain.key, rows=explain.rows)


def together(spec: Pipeline) -> Together | None:
    """Say what rows hang together by, where an ensemble is held against a single model: their entity, group or date."""
    split, asked = spec.data.split, spec.forecast
    if spec.ensemble is None:
        return None
    if asked is not None and split.key is not None:
        return Together(columns=(split.key,), every=asked.every, horizon=asked.horizon)
    by = {spec.data.entity, split.key if split.by in ("group", "time") else None} - {None}
    return Together(columns=tuple(sorted(name for name in by if name))) if by else None


def _further(spec: Pipeline) -> tuple[Output, ...]:
    explained = (Output("reports/explanations.json", Kind.REPORT),) if attributed(spec) else ()
    curve = (Output("reports/learning_curve.csv", Kind.PLOT, (plots.LEARNING,)),)
    courses = Output("reports/courses", Kind.PLOT, plots.courses(spec, selected(spec)))
    return (courses, *explained, *(curve if spec.evaluate.learning_curve else ()))


_READING = (attributed, backtested, origins, together)
"""What needs the rows as `split` wrote them."""


def _kinds(spec: Pipeline) -> list[Named]:
    """Name the candidates' kinds, and the metrics that are measured on validation."""
    models = [MODELS[model.kind] for model in spec.model.values() if not isinstance(model, Own)]
    return [*models, *(METRICS[name] for name in validated(task_of(spec), selected(spec)))]


TRAIN = Declaration(
    "train",
    parameters=(
        Given("pipeline"),
        Parameter("task", "task", task_of),
        Parameter("seed", "seed"),
        Parameter("select_by", "select_by task objective.quantile", selected),
        Parameter("candidates", "model auto", lambda spec: dict(sorted(spec.model.items()))),
        Parameter(
            "trainer",
            "trainer model",
            _trainer,
        ),
        Parameter("weight", "data.weight", optional=True),
        Parameter("objective", "objective", lambda spec: spec.objective.given(), optional=True),
        Parameter("ensemble", "ensemble auto", lambda spec: spec.ensemble, optional=True),
        Parameter(
            "together",
            "data.entity data.split.by data.split.key ensemble auto forecast.every forecast.horizon forecast.horizons",
            together,
            optional=True,
            whole=True,
            but="data.split data.entity",
        ),
        Parameter("learning_curve", "evaluate.learning_curve", optional=True),
        Parameter("refit", "refit model auto", refitted, optional=True, whole=True),
        # only of a forecast that goes back: to tell every pipeline that `train` knows the target would be wrong
        Parameter("target", "data.target", _target, optional=True, but="data.target"),
        Parameter("backtest", "forecast.backtest", backtested, optional=True),
        Parameter("sliding", "forecast.sliding", _sliding, optional=True),
        Parameter("forecast", "forecast", lambda spec: lookback(spec) if backtested(spec) else None, optional=True),
        Parameter(
            "origins",
            "evaluate.backtest data.split.key data.split.gap data.entity",
            origins,
            optional=True,
            whole=True,
            but="data.split data.entity",
        ),
        Parameter("lagged", "forecast", lambda spec: spec.forecast is not None, optional=True, whole=True),
        Parameter("explain", "evaluate.explain", _explain, optional=True, but=_GLOBAL),
        Parameter("tuned", "tune auto", lambda spec: spec.tune is not None, optional=True, whole=True, but=INSIDE),
    ),
    inputs=(
        "artifacts/features",
        Files("model", lambda spec: [own_file(each) for each in own_addresses(spec.model.values())]),
        Files("tune auto", lambda spec: [] if spec.tune is None else ["reports/tuning.json"], but=INSIDE),
        Files(
            "evaluate.explain.attributions forecast.backtest evaluate.backtest ensemble auto",
            lambda spec: ["artifacts/split"] if any(read(spec) for read in _READING) else [],
        ),
    ),
    outputs=(
        Output("artifacts/model"),
        Output("reports/history.csv", Kind.REPORT),
        Output("reports/training.json", Kind.REPORT),
    ),
    further=_further,
    kinds=_kinds,
)
