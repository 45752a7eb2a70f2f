"""one-name-in-cluster: two targets whose objects in a cluster would have one name.

What: a cluster's names have no `_`, so that `churn_eu` and `churn-eu` are spelt alike there.
Why: what is applied last would replace the other's servers.
Fix: call one of the pipelines, or of its targets, otherwise.
Example: the pipelines `churn_eu` and `churn-eu`, each with `deploy: {kubernetes: {...}}`.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlops.compiler.rules.finding import Finding
from mlops.plan.pipeline import Plan
from mlops.targets.cluster import named


def check(plan: Plan) -> Iterator[Finding]:
    """Find targets whose manifests name what another's name."""
    first: dict[tuple[str, str], tuple[str, str]] = {}
    for pipeline in plan.pipelines:
        for key, target in pipeline.deployed.items():
            if target.manifests is None:
                continue
            name = named(pipeline.name, key, target.kind)
            other, others = first.setdefault((target.kind, name), (pipeline.name, key))
            if (other, others) != (pipeline.name, key):
                shown = other if other != pipeline.name else f"`{others}`"
                message = f"a cluster would know it as `{name}`, as it does {shown}"
                hint = "call the target otherwise"
                yield Finding(("deploy", key), message, hint, "one-name-in-cluster", "error", pipeline=pipeline.name)
