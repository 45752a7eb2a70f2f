"""`pipelines/<name>/deploy/<target>/`: what a target of the pipeline is set up by, such as a Dockerfile."""

from __future__ import annotations

from collections.abc import Iterator

from mlops.backends.backend import backend
from mlops.plan.pipeline import PipelinePlan, Plan
from mlops.targets import TARGETS


def render(plan: Plan) -> dict[str, str]:
    """Write the files of every target whose kind has some."""
    return {path: text for pipeline in plan.pipelines for path, text in _files(pipeline)}


def _files(pipeline: PipelinePlan) -> Iterator[tuple[str, str]]:
    for name, said in pipeline.deployed.items():
        files = TARGETS[said["kind"]].load("render")(pipeline.name, pipeline.source, said)
        yield from ((f"{pipeline.folder}/deploy/{name}/{path}", text) for path, text in files.items())


KIND = backend(__name__, __doc__, render, places=("pipelines/*/deploy/*/*",))
