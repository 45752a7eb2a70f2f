"""The stage `package`: a statement on what passed its gate, and its model card."""

from __future__ import annotations

from mlops.plan.stage import Kind, Output
from mlops.stages.declare.declaration import Declaration, Given, Parameter

PACKAGE = Declaration(
    "package",
    parameters=(
        Given("pipeline"),
        Parameter("description", "description"),
        Parameter("owners", "owners"),
        Parameter("risk", "risk"),
        Given("configuration"),
        Parameter("card", "card", lambda spec: spec.card.model_dump(exclude_none=True), optional=True),
    ),
    inputs=(
        "artifacts/bundle",
        "artifacts/evaluation",
        "artifacts/schema.json",
        "reports/data.json",
        "reports/gate.json",
        "reports/metrics.json",
        "reports/split.json",
        "reports/training.json",
    ),
    outputs=(Output("reports/bundle.json", Kind.REPORT), Output("reports/card.md", Kind.REPORT)),
    closing=True,
)
