"""Equal stages as one object: pipelines of a fleet differ in little, and what is the same need be looked at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mlops.plan.pipeline import PipelinePlan, Plan
from mlops.plan.stage import Stage


def share(plan: Plan) -> Plan:
    """Give an equal plan in which equal stages, down to the types of parameters and the order of keys, are one."""
    known: dict[tuple[Any, ...], Stage] = {}
    return replace(plan, pipelines=tuple(_shared(pipeline, known) for pipeline in plan.pipelines))


def _shared(pipeline: PipelinePlan, known: dict[tuple[Any, ...], Stage]) -> PipelinePlan:
    return replace(pipeline, stages=tuple(known.setdefault(_key(stage), stage) for stage in pipeline.stages))


def _key(stage: Stage) -> tuple[Any, ...]:
    return (stage.name, stage.command, stage.inputs, stage.outputs, repr(stage.section))
