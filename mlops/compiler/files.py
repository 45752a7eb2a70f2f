"""The back ends, in one list: plan in, texts by path out."""

from __future__ import annotations

from mlops.backends import airflow, attributes, codeowners, dvc, gates, gitlab, params
from mlops.compiler.github import dependabot, rendering
from mlops.plan.pipeline import Plan

BACKENDS = (airflow, attributes, codeowners, dependabot, dvc, gates, rendering, gitlab, params)
PLACES = tuple(place for backend in BACKENDS for place in backend.PLACES)
"""Where compiled files lie, as glob patterns: one that no plan asks for any more is removed from there."""


def render(plan: Plan) -> dict[str, str]:
    """Write every compiled file of a plan, sorted by path."""
    files = {path: text for backend in BACKENDS for path, text in backend.render(plan).items()}
    return dict(sorted(files.items()))
