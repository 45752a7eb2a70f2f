"""The stage `features`: the transform, fitted on the training rows."""

from __future__ import annotations

from mlops.blocks.column_group import BY_TARGET, IMAGE, LONG_TARGET_CODED, TEXT, USUAL
from mlops.blocks.derived import conditions, fitted, served
from mlops.blocks.where import Where, whole
from mlops.configuration.data import SHOWN, computed, excluded, personal
from mlops.configuration.model import Own
from mlops.configuration.pipeline import Pipeline
from mlops.files.plain_yaml import Values
from mlops.kinds.kind import Kind
from mlops.kinds.union import Kinded
from mlops.models import MODELS
from mlops.models.groups import read_by
from mlops.plan.stage import Output
from mlops.stages.declare.declaration import Declaration, Parameter, Spliced
from mlops.stages.declare.forecasts import task_of
from mlops.transforms import TRANSFORMS


def _kinds(spec: Pipeline) -> list[Kind]:
    numeric, select = spec.features.numeric, spec.features.select
    return [TRANSFORMS[name] for name in (numeric.impute, numeric.scale, *([select.by] if select else []))]


def _derive(spec: Pipeline) -> Values:
    """List what is computed of a request; what a forecast knows ahead is sent as it was computed."""
    asked = {} if spec.forecast else served(spec.data.derive, spec.data.target, personal(spec.data))
    return {name: computed(each) for name, each in asked.items()}


def _learnt(spec: Pipeline) -> list[str]:
    """Name the features that are learnt from rows of training; no table that another stage reads has them."""
    data = spec.data
    out = {*excluded(data), *data.keys, data.entity, data.weight}
    return sorted(name for name in fitted(data.derive) - out if data.include is None or name in data.include)


def _where(spec: Pipeline) -> Where | None:
    """Give what requests are held against."""
    asked, hidden = whole(spec.data.where), personal(spec.data)
    if asked is None or asked.outside == "answer" or asked.may_use_target or spec.forecast:
        return None
    return asked if conditions(spec.data.derive, asked.keep, hidden) else None


def _groups(spec: Pipeline) -> list[str]:
    """Name the groups of columns that a candidate reads beside those that every pipeline has."""
    read = {group for model in spec.model.values() for group in _read(model)}
    absent = set(USUAL) | ({f"{IMAGE}:*"} if not spec.data.images else set())
    absent |= {LONG_TARGET_CODED} if _judged_on_training(spec) else set()
    written = any(rule.type == "text" for rule in spec.data.columns.values())
    return sorted(group for group in read - absent if written or not group.startswith(f"{TEXT}:"))


def _judged_on_training(spec: Pipeline) -> bool:
    """Say whether rows that codes by the target are learnt of are judged on: those of folds, or after an origin.

    Or learnt from: of several horizons a target stands in several rows, of which one would be told by another.
    """
    backtest = spec.evaluate.backtest is not None or bool(spec.forecast and spec.forecast.backtest)
    return backtest or bool(spec.forecast and spec.forecast.horizons) or spec.data.split.folds is not None


def _seed(spec: Pipeline) -> int:
    """Give the seed where an order of rows is drawn; what draws nothing is not stale by it."""
    return spec.seed if set(BY_TARGET) & set(_groups(spec)) else 0


def _read(model: Kinded) -> tuple[str, ...]:
    return model.groups or () if isinstance(model, Own) else read_by(MODELS[model.kind], model)


FEATURES = Declaration(
    "features",
    parameters=(
        Parameter("task", "task", task_of),
        Parameter("target", "data.target"),
        Parameter("weight", "data.weight", optional=True),
        Parameter("derive", "data.derive data.target data.columns.*.personal forecast", _derive, optional=True),
        Parameter(
            "learnt",
            "data.derive data.exclude data.include data.keys data.entity data.weight",
            _learnt,
            optional=True,
            whole=True,
        ),
        Parameter("where", "data.where data.derive data.columns.*.personal forecast", _where, optional=True),
        Parameter(
            "groups",
            "model.*.columns auto model.*.groups model.*.image model.*.kind data.images data.columns.*.type"
            " data.split.folds evaluate.backtest forecast.backtest forecast.horizons",
            _groups,
            optional=True,
            whole=True,
            but=SHOWN,
        ),
        Parameter("seed", "seed model.*.columns model.*.groups model.*.kind", _seed, optional=True),
        Spliced("features", optional=("images",)),
    ),
    inputs=("artifacts/schema.json", "artifacts/split"),
    outputs=(Output("artifacts/features"),),
    kinds=_kinds,
)
