"""The stage `split`: rows for training, validation and test."""

from __future__ import annotations

from mlops.plan.stage import Kind, Output
from mlops.stages.declare.declaration import Declaration, Parameter, Spliced
from mlops.stages.declare.forecasts import LOOKBACK, task_of

SPLIT = Declaration(
    "split",
    parameters=(
        Spliced("data.split", optional=("values", "gap", "copies")),
        Parameter("target", "data.target"),
        Parameter("task", "task", task_of),
        Parameter("entity", "data.entity"),
        Parameter("official_test", "data.test", lambda spec: spec.data.test is not None, optional=True, whole=True),
        LOOKBACK,
    ),
    inputs=("artifacts/schema.json", "artifacts/valid.parquet"),
    outputs=(Output("artifacts/split"), Output("reports/split.json", Kind.REPORT)),
)
