"""rollout-setting: a release asks for a share of the traffic that no target of the pipeline can split off.

What: a release file has a `rollout:`, and the pipeline has no `deploy:` target, or one that serves a single bundle.
Why: the bundle would get all of the traffic at once, though the file that was reviewed says otherwise.
Fix: take `rollout:` out of the release file, or deploy to targets that split traffic.
Example: `rollout: {canary: 10%, then: analyse}` with `deploy: [local]`: a local server is one process with one bundle.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlops.compiler.rules.finding import Finding
from mlops.plan.pipeline import PipelinePlan
from mlops.targets import TARGETS


def check(pipeline: PipelinePlan) -> Iterator[Finding]:
    """Find rollouts that a target of the pipeline cannot honour."""
    single = {name for name, kind in TARGETS.items() if not kind.can["splits_traffic"]}
    unable = [f"`{name}` ({kind})" for name, kind in pipeline.targets.items() if kind in single]
    if pipeline.targets and not unable:
        return
    who = (
        f"target {', '.join(unable)} serves one bundle at a time" if unable else "the pipeline has no `deploy:` target"
    )
    for rollout in pipeline.rollouts:
        message = f"{rollout.canary:.4g} of the traffic cannot go to this bundle: {who}"
        hint = "take `rollout:` out: the bundle then gets all of the traffic at once"
        yield Finding(("rollout",), message, hint, "rollout-setting", "error", file=rollout.file)
