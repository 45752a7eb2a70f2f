"""What a pipeline reads that none of its stages makes: the data and its own code."""

from __future__ import annotations

from collections.abc import Container

from mlops.plan.pipeline import PipelinePlan


def given(pipeline: PipelinePlan) -> dict[str, tuple[str, ...]]:
    """List by stage the files and folders that it reads and no stage writes."""
    made = {output.path for stage in pipeline.stages for output in stage.outputs}
    return {stage.name: tuple(path for path in stage.inputs if not within(path, made)) for stage in pipeline.stages}


def within(path: str, places: Container[str]) -> bool:
    """Whether a path is one of several places or lies in one."""
    parts = path.split("/")
    return any("/".join(parts[:end]) in places for end in range(1, len(parts) + 1))
