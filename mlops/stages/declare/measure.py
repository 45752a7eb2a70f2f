"""The stage `measure`: what serving costs, where a rule asks for it."""

from __future__ import annotations

from mlops.configuration.pipeline import Pipeline
from mlops.gate_rules import SERVING
from mlops.plan.stage import Kind, Output
from mlops.stages.declare.declaration import Declaration, Parameter, Spliced
from mlops.stages.declare.gate_bounds import serving_rules


def _asked(spec: Pipeline) -> list[str]:
    """List what rules have looked at beside a process that holds the model."""
    return sorted({SERVING[rule.metric].of for rule in serving_rules(spec)} - {"model"})


MEASURE = Declaration(
    "measure",
    parameters=(
        Spliced("evaluate.serving"),
        Parameter("asked", "gates preset.gates", _asked, optional=True, whole=True),
    ),
    inputs=("artifacts/bundle",),
    outputs=(Output("reports/serving.json", Kind.REPORT),),
    wanted=lambda spec: bool(serving_rules(spec)),
    keys="gates preset.gates",
    kinds=lambda _: SERVING.values(),
)
