"""release-without-image: a target mounts the image of what is live, and the release file does not name it.

What: a pipeline has a target such as `kubernetes`, whose manifests name an image by its digest, and a release file of
    it has no `image:`.
Why: the manifest could only name a tag, which whoever may push moves: what runs would not be what was reviewed.
Fix: `mlops release NAME --env E --bundle sha256:...` writes the digest, of what is live already too; `mlops image NAME
    --env E --model` prints it.
Example: `bundle: sha256:...` alone in conf/release/prod/churn.yaml, and `deploy: {kubernetes: {...}}`.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlops.compiler.rules.finding import Finding
from mlops.plan.pipeline import PipelinePlan


def check(pipeline: PipelinePlan) -> Iterator[Finding]:
    """Find release files without the image that a target of the pipeline mounts."""
    needing = [f"`{name}`" for name, target in pipeline.deployed.items() if target.manifests]
    for live in pipeline.live if needing else ():
        if live.image is None:
            message = f"target {', '.join(needing)} mounts the image of the live bundle, which has no digest here"
            typed = f"mlops image {pipeline.name} --env {live.environment} --model"
            hint = f"write the `image: sha256:...` that is printed by: {typed}"
            yield Finding(("bundle",), message, hint, "release-without-image", "error", file=live.file)
