"""The back ends, in one list: plan in, texts by path out."""

from __future__ import annotations

from mlops.compiler.backends import attributes, codeowners, dependabot, dvc, gates, github, params
from mlops.plan.pipeline import Plan

BACKENDS = (attributes, codeowners, dependabot, dvc, gates, github, params)


def render(plan: Plan) -> dict[str, str]:
    """Write every compiled file of a plan, sorted by path."""
    files = {path: text for backend in BACKENDS for path, text in backend.render(plan).items()}
    return dict(sorted(files.items()))
