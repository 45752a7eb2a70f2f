"""The rules, in one list."""

from __future__ import annotations

from mlops.plan.pipeline import PipelinePlan
from mlops.rules import entity_split
from mlops.rules.finding import Finding

RULES = (entity_split,)


def findings(pipeline: PipelinePlan) -> tuple[Finding, ...]:
    """Check a pipeline against every rule."""
    return tuple(finding for rule in RULES for finding in rule.check(pipeline))
