"""`params.yaml`: one section per stage, so that a change makes stale what reads it and no more."""

from __future__ import annotations

from collections.abc import Mapping

from mlops.backends.backend import backend
from mlops.files.compiled_text import Value, body, header
from mlops.plan.pipeline import PipelinePlan, Plan


def render(plan: Plan) -> dict[str, str]:
    """Write the parameters of every pipeline; `tracking` is read by stages but belongs to none of them."""
    known: dict[tuple[str, int], str] = {}
    return {f"{pipeline.folder}/params.yaml": _text(pipeline, known) for pipeline in plan.pipelines}


def _text(pipeline: PipelinePlan, known: dict[tuple[str, int], str]) -> str:
    """Spell the sections one after the other; one that pipelines share, as the same object, is spelt once."""
    parts = [header(pipeline.source)]
    for stage in pipeline.stages:
        key = (stage.name, id(stage.section))
        if key not in known:
            known[key] = _section(stage.name, stage.section)
        parts.append(known[key])
    return "".join([*parts, _section("tracking", pipeline.tracking)])


def _section(name: str, value: Mapping[str, Value]) -> str:
    return body({name: value})


KIND = backend(__name__, __doc__, render, places=("pipelines/*/params.yaml",))
