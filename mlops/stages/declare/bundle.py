"""The stage `bundle`: what will be served, and nothing else."""

from __future__ import annotations

from mlops.configuration.data import brief
from mlops.plan.stage import Output
from mlops.stages.declare.declaration import Declaration, Given, Parameter

BUNDLE = Declaration(
    "bundle",
    parameters=(
        Given("pipeline"),
        Parameter("golden_rows", "package.golden_rows"),
        Parameter("cost", "evaluate.cost", optional=True),
        Parameter(
            "weight",
            "data.weight evaluate.cost",
            lambda spec: spec.data.weight if spec.evaluate.cost else None,
            optional=True,
            but="evaluate.cost",
        ),
        Parameter("requests", "requests", lambda spec: brief(spec.requests), optional=True),
    ),
    inputs=("artifacts/features", "artifacts/model", "artifacts/schema.json", "artifacts/split"),
    outputs=(Output("artifacts/bundle"),),
)
