"""`dvc.yaml`: one per pipeline, one for the fleet, and the .gitignore that keeps artefacts out of Git."""

from __future__ import annotations

from typing import Any

from mlops.backends.text import document, header
from mlops.plan.pipeline import PipelinePlan, Plan
from mlops.plan.stage import Kind, Plot, Stage


def render(plan: Plan) -> dict[str, str]:
    """Write every DVC file of a plan."""
    files = {"dvc.yaml": document("conf/", {"stages": {plan.fleet.name: _stage(plan.fleet)}})}
    for pipeline in plan.pipelines:
        files[f"{pipeline.folder}/dvc.yaml"] = document(pipeline.source, _pipeline(pipeline))
        files[f"{pipeline.folder}/.gitignore"] = header(pipeline.source) + _ignored(pipeline)
    return files


def _pipeline(pipeline: PipelinePlan) -> dict[str, Any]:
    value: dict[str, Any] = {"stages": {stage.name: _stage(stage) for stage in pipeline.stages}}
    outputs = [output for stage in pipeline.stages for output in stage.outputs]
    value["metrics"] = sorted(output.path for output in outputs if output.kind is Kind.METRIC)
    value["plots"] = [_plot(plot) for output in outputs for plot in output.plots]
    return value


def _plot(plot: Plot) -> dict[str, Any]:
    labels = {"x_label": plot.x_label, "y_label": plot.y_label}
    named = {"x": plot.x, "y": plot.y, "title": plot.title, **{key: text for key, text in labels.items() if text}}
    return {plot.path: {**named, "template": plot.template}}


def _stage(stage: Stage) -> dict[str, Any]:
    value: dict[str, Any] = {"cmd": stage.command, "deps": list(stage.inputs)}
    if stage.section:
        value["params"] = [stage.name]
    value["outs"] = [{output.path: {"cache": False}} if output.committed else output.path for output in stage.outputs]
    return value


def _ignored(pipeline: PipelinePlan) -> str:
    cached = {output.path for stage in pipeline.stages for output in stage.outputs if not output.committed}
    return "".join(
        f"/{path}\n" for path in sorted({"artifacts", *(p for p in cached if not p.startswith("artifacts/"))})
    )
