"""`params.yaml`: one section per stage, so that a change makes stale what reads it and no more."""

from __future__ import annotations

from mlops.backends.text import document
from mlops.plan.pipeline import Plan


def render(plan: Plan) -> dict[str, str]:
    """Write the parameters of every pipeline; `tracking` is read by stages but belongs to none of them."""
    return {
        f"{pipeline.folder}/params.yaml": document(
            pipeline.source,
            {**{stage.name: stage.section for stage in pipeline.stages}, "tracking": pipeline.tracking},
        )
        for pipeline in plan.pipelines
    }
