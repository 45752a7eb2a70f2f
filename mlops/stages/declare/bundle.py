"""The stage `bundle`: what will be served, and nothing else."""

from __future__ import annotations

from mlops.configuration.data import brief
from mlops.configuration.pipeline import Pipeline
from mlops.plan.stage import Output
from mlops.stages.declare.declaration import Declaration, Given, Parameter


def _nulls(spec: Pipeline) -> list[str]:
    """List the texts that mean a missing value in the file, where rows are what stands there."""
    return list(spec.data.source.nulls) if spec.data.source.kind == "csv" and not spec.stages else []


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
        Parameter("explain", "serve.explain", optional=True),
        Parameter("nulls", "data.source.nulls data.source.kind stages", _nulls, optional=True),
    ),
    inputs=("artifacts/features", "artifacts/model", "artifacts/schema.json", "artifacts/split"),
    outputs=(Output("artifacts/bundle"),),
)
