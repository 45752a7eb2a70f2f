"""`pipelines/<name>/deploy/<target>/`: what a target of the pipeline is set up by, such as a Dockerfile."""

from __future__ import annotations

from collections.abc import Iterator

from mlops.backends.backend import backend
from mlops.kinds.reference import load
from mlops.plan.pipeline import PipelinePlan, Plan


def render(plan: Plan) -> dict[str, str]:
    """Write the files of every target whose kind has some."""
    return {path: text for pipeline in plan.pipelines for path, text in _files(pipeline)}


def _files(pipeline: PipelinePlan) -> Iterator[tuple[str, str]]:
    for name, target in pipeline.deployed.items():
        files: dict[str, str] = load(target.render)(pipeline.name, pipeline.source, target.said)
        yield from ((f"{pipeline.folder}/deploy/{name}/{path}", text) for path, text in files.items())


KIND = backend(__name__, __doc__, render, places=("pipelines/*/deploy/*/*",))
