"""`dependabot.yml`: updates of actions and packages, none of them younger than a week.

A malicious release is mostly found within days; waiting is the cheapest defence.
"""

from __future__ import annotations

from typing import Any

from mlops.files.compiled_text import document
from mlops.plan.pipeline import Plan

PATH = ".github/dependabot.yml"
PLACES = (PATH,)
_DAYS = 7


def render(plan: Plan) -> dict[str, str]:
    """Write the updates of a repository that has workflows; of its packages only where it audits them itself."""
    if not plan.workflows:
        return {}
    updates = [_update("github-actions") | {"exclude-paths": [".github/workflows/mlops-*.yml"]}]
    if any(workflow.name == "mlops-dependencies" for workflow in plan.workflows):
        updates.append(_update("pip"))
    return {PATH: document("conf/", {"version": 2, "updates": updates})}


def _update(ecosystem: str) -> dict[str, Any]:
    return {
        "package-ecosystem": ecosystem,
        "directory": "/",
        "schedule": {"interval": "weekly"},
        "cooldown": {"default-days": _DAYS},
    }
