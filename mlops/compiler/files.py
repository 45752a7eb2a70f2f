"""Every compiled file of a plan: what each back end prints, by path."""

from __future__ import annotations

from mlops.backends import BACKENDS
from mlops.plan.pipeline import Plan

PLACES = BACKENDS.places
"""Where compiled files lie, as glob patterns: one that no plan asks for any more is removed from there."""


def render(plan: Plan) -> dict[str, str]:
    """Write every compiled file of a plan, sorted by path."""
    asked = {plan.ci.name, *plan.orchestrators}
    chosen = [each for each in BACKENDS.values() if each.asked is None or each.name in asked]
    files: dict[str, str] = {}
    for each in chosen:
        files |= each.load("render")(plan)
    return dict(sorted(files.items()))


def render_deploy(plan: Plan) -> dict[str, str]:
    """Write what the targets of a plan are set up by, and nothing else."""
    files: dict[str, str] = BACKENDS["deploy"].load("render")(plan)
    return dict(sorted(files.items()))
