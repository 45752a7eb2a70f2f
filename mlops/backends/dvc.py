"""`dvc.yaml`: one per pipeline, one at the root, and the .gitignore that keeps artefacts out of Git."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from mlops.backends.backend import backend
from mlops.files.compiled_text import Value, body, document, given, header
from mlops.plan.pipeline import Plan
from mlops.plan.stage import Kind, Output, Plot, Stage


@dataclass(frozen=True)
class _Shape:
    """What `dvc.yaml` says of a stage: all but its parameters, of which it names the section."""

    name: str
    command: str
    inputs: tuple[str, ...]
    outputs: tuple[Output, ...]
    parameters: bool


# `dvc repro` without a target takes the stages of the `dvc.yaml` in its folder, and where that has none the graph of
# the whole repository (dvc.repo.reproduce: `get_subgraph_of_nodes` without nodes). So it makes everything and names
# nothing: two branches that each add a pipeline do not meet here.
_EVERYTHING: dict[str, Value] = {"stages": {}}

# A pipeline's own .gitignore is not there on a branch that does not have it, and its artifacts still are.
_ARTIFACTS = "/*/artifacts\n"


def render(plan: Plan) -> dict[str, str]:
    """Write every DVC file of a plan; pipelines mostly differ in parameters alone, so that few texts are spelt."""
    spelt = cache(_spelt)
    files = {"dvc.yaml": document("conf/", _EVERYTHING), "pipelines/.gitignore": header("conf/") + _ARTIFACTS}
    for pipeline in plan.pipelines:
        stages, ignored = spelt(tuple(_shape(stage) for stage in pipeline.stages))
        files[f"{pipeline.folder}/dvc.yaml"] = header(pipeline.source) + stages
        files[f"{pipeline.folder}/.gitignore"] = header(pipeline.source) + ignored
    return files


def _shape(stage: Stage) -> _Shape:
    return _Shape(stage.name, stage.command, stage.inputs, stage.outputs, bool(stage.section))


def _spelt(stages: tuple[_Shape, ...]) -> tuple[str, str]:
    return body(_pipeline(stages)), _ignored(stages)


def _pipeline(stages: tuple[_Shape, ...]) -> dict[str, Value]:
    outputs = [output for stage in stages for output in stage.outputs]
    return {
        "stages": {stage.name: _stage(stage) for stage in stages},
        "metrics": sorted(output.path for output in outputs if output.kind is Kind.METRIC),
        "plots": [_plot(plot) for output in outputs for plot in output.plots],
    }


def _plot(plot: Plot) -> dict[str, Value]:
    labels = {"x_label": plot.x_label, "y_label": plot.y_label}
    x: Value = plot.x
    y: Value = plot.y if isinstance(plot.y, str) else list(plot.y)
    if plot.beside:
        x = {plot.path: x, **{path: column for path, column, _ in plot.beside}}
        y = {plot.path: y, **{path: column for path, _, column in plot.beside}}
    named = {"x": x, "y": y, "title": plot.title, **{key: text for key, text in labels.items() if text}}
    return {plot.path: {**named, "template": plot.template}}


def _stage(stage: _Shape) -> dict[str, Value]:
    return given(
        cmd=stage.command,
        deps=list(stage.inputs),
        params=[stage.name] if stage.parameters else None,
        outs=[_out(output) for output in stage.outputs],
    )


def _out(output: Output) -> Value:
    said: dict[str, Value] = {"cache": False} if output.committed else {}
    said |= {"persist": True} if output.stays else {}
    return {output.path: said} if said else output.path


def _ignored(stages: tuple[_Shape, ...]) -> str:
    cached = {output.path for stage in stages for output in stage.outputs if not output.committed}
    return "".join(
        f"/{path}\n" for path in sorted({"artifacts", *(p for p in cached if not p.startswith("artifacts/"))})
    )


KIND = backend(__name__, __doc__, render, places=("pipelines/*/dvc.yaml",))
