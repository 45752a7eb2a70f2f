"""The stage `features`: the transform, fitted on the training rows."""

from __future__ import annotations

from mlops.plan.stage import Output
from mlops.stages.declare.declaration import Declaration, Parameter, Spliced
from mlops.stages.declare.forecasts import task_of

FEATURES = Declaration(
    "features",
    parameters=(Parameter("task", "task", task_of), Parameter("target", "data.target"), Spliced("features")),
    inputs=("artifacts/schema.json", "artifacts/split"),
    outputs=(Output("artifacts/features"),),
)
