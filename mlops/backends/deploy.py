"""`pipelines/<name>/deploy/<target>/`: what a target of the pipeline is set up by, such as a Dockerfile.

Manifests of what is live stand below, in `<environment>/`, where the release file of that environment names a bundle
and its image.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlops.backends.backend import backend
from mlops.kinds.reference import load
from mlops.plan.pipeline import Deployed, PipelinePlan, Plan
from mlops.plan.placed import Placed


def render(plan: Plan) -> dict[str, str]:
    """Write the files of every target whose kind has some."""
    return {path: text for pipeline in plan.pipelines for path, text in of_pipeline(pipeline)}


def of_pipeline(pipeline: PipelinePlan) -> Iterator[tuple[str, str]]:
    """Write the files of the targets of one pipeline, by path."""
    for name, target in pipeline.deployed.items():
        folder = f"{pipeline.folder}/deploy/{name}"
        if target.render is not None:
            files: dict[str, str] = load(target.render)(pipeline.name, pipeline.source, target.said)
            yield from ((f"{folder}/{path}", text) for path, text in files.items())
        yield from ((f"{folder}/{path}", text) for path, text in _manifests(pipeline, name, target))


def _manifests(pipeline: PipelinePlan, name: str, target: Deployed) -> Iterator[tuple[str, str]]:
    """Write what names the live bundle; where its image is not told, a rule has said so."""
    for live in pipeline.live if target.manifests is not None else ():
        if live.image is None:
            continue
        sources = f"{pipeline.source} and {live.file}"
        placed = Placed(pipeline.name, name, live.environment, live.bundle, live.image, sources)
        files: dict[str, str] = load(str(target.manifests))(placed, target.said)
        yield from ((f"{live.environment}/{path}", text) for path, text in files.items())


KIND = backend(__name__, __doc__, render, places=("pipelines/*/deploy/*/*", "pipelines/*/deploy/*/*/*"))
