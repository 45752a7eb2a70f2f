"""The stage `features`: the transform, fitted on the training rows."""

from __future__ import annotations

from mlops.configuration.pipeline import Pipeline
from mlops.kinds.kind import Kind
from mlops.plan.stage import Output
from mlops.stages.declare.declaration import Declaration, Parameter, Spliced
from mlops.stages.declare.forecasts import task_of
from mlops.transforms import TRANSFORMS


def _kinds(spec: Pipeline) -> list[Kind]:
    numeric, select = spec.features.numeric, spec.features.select
    return [TRANSFORMS[name] for name in (numeric.impute, numeric.scale, *([select.by] if select else []))]


FEATURES = Declaration(
    "features",
    parameters=(
        Parameter("task", "task", task_of),
        Parameter("target", "data.target"),
        Parameter("weight", "data.weight", optional=True),
        Spliced("features"),
    ),
    inputs=("artifacts/schema.json", "artifacts/split"),
    outputs=(Output("artifacts/features"),),
    kinds=_kinds,
)
