"""The rules, in two lists: over one pipeline, and over a whole repository."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import ModuleType

from mlops.compiler.rules import (
    control_character,
    cycle,
    entity_split,
    gate_without_metric,
    live_after_nothing,
    missing_input,
    moving_base,
    one_name_in_cluster,
    output_clash,
    path_outside,
    place_of_one_machine,
    release_without_image,
    remote_nobody_writes,
    retrain_loop_without_app,
    rollout_setting,
    secret_in_parameter,
    test_set_too_small,
    unbounded_job,
    unknown_component,
    unpinned_action,
)
from mlops.compiler.rules.finding import Finding
from mlops.plan.pipeline import PipelinePlan, Plan

PIPELINE_RULES = (
    control_character,
    entity_split,
    gate_without_metric,
    moving_base,
    path_outside,
    release_without_image,
    rollout_setting,
    test_set_too_small,
    unknown_component,
)
REPOSITORY_RULES = (
    cycle,
    live_after_nothing,
    missing_input,
    one_name_in_cluster,
    output_clash,
    place_of_one_machine,
    remote_nobody_writes,
    retrain_loop_without_app,
    secret_in_parameter,
    unbounded_job,
    unpinned_action,
)
RULES: tuple[ModuleType, ...] = (*PIPELINE_RULES, *REPOSITORY_RULES)


def findings(pipeline: PipelinePlan) -> tuple[Finding, ...]:
    """Check one pipeline by itself."""
    return tuple(replace(found, pipeline=pipeline.name) for rule in PIPELINE_RULES for found in rule.check(pipeline))


def examine(plan: Plan) -> Iterator[Finding]:
    """Check a repository: every pipeline by itself, then all together."""
    for pipeline in plan.pipelines:
        yield from findings(pipeline)
    for rule in REPOSITORY_RULES:
        yield from rule.check(plan)
