"""The stage `measure`: what serving costs, where a rule asks for it."""

from __future__ import annotations

from mlops.gate_rules import SERVING
from mlops.plan.stage import Kind, Output
from mlops.stages.declare.declaration import Declaration, Spliced
from mlops.stages.declare.gate_bounds import serving_rules

MEASURE = Declaration(
    "measure",
    parameters=(Spliced("evaluate.serving"),),
    inputs=("artifacts/bundle",),
    outputs=(Output("reports/serving.json", Kind.REPORT),),
    wanted=lambda spec: bool(serving_rules(spec)),
    keys="gates preset.gates",
    kinds=lambda _: SERVING.values(),
)
