"""gate-without-metric: a rule asks for a number that nobody computes.

What: `gate` judges a metric, or a slice, that `evaluate` is not told to measure.
Why: the rule could never be decided, and an undecided rule must not look like a passed one.
Fix: name a metric of the task, and a slice column that stays in the data.
Example: a gate on `auroc` where `evaluate` measures `accuracy` alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlops.compiler.rules.finding import Finding
from mlops.compiler.rules.sections import Measured, gate_rules, read
from mlops.diagnostics import suggest
from mlops.plan.pipeline import PipelinePlan


def check(pipeline: PipelinePlan) -> Iterator[Finding]:
    """Find rules whose evidence is not asked for."""
    measured = read(Measured, pipeline.stage("evaluate").section)
    for index, rule in enumerate(gate_rules(pipeline)):
        parameter = ("gate", "rules", index)
        if rule.of is None and rule.metric not in measured.metrics:
            message = f"the rule {rule.id} needs {rule.metric}, which `evaluate` does not measure"
            hint = suggest(rule.metric, measured.metrics)
            yield Finding((), message, hint, "gate-without-metric", "error", parameter=parameter)
        column = rule.by or rule.of
        if column is not None and column not in measured.slices:
            message = f"the rule {rule.id} needs slices by `{column}`, which `evaluate` does not make"
            hint = suggest(column, measured.slices)
            yield Finding((), message, hint, "gate-without-metric", "error", parameter=parameter)
