"""moving-base: an image that others may change.

What: `base` of a container names an image by a tag, and not by its digest.
Why: whoever owns the tag moves it: the same commit then builds another image, which nobody reviewed.
Fix: `IMAGE:TAG@sha256:...`; `docker buildx imagetools inspect IMAGE:TAG`, or `skopeo inspect`, says the digest.
Example: `base: python:3.12-slim`.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlops.compiler.rules.finding import Finding
from mlops.plan.pipeline import PipelinePlan


def check(pipeline: PipelinePlan) -> Iterator[Finding]:
    """Find containers whose base may be another tomorrow."""
    for name, target in pipeline.deployed.items():
        base = str(target.said.get("base", ""))
        if base and "@sha256:" not in base:
            message = f"`{base}` may be another image tomorrow"
            hint = (
                "write its digest behind it, `@sha256:...`; docker buildx imagetools inspect says it, or skopeo inspect"
            )
            yield Finding(("deploy", name, "base"), message, hint, "moving-base")
