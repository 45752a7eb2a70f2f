"""`dependabot.yml`: updates of actions and packages, none of them younger than a week.

A malicious release is mostly found within days; waiting is the cheapest defence.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mlops.compiler.github.workflow import Workflow
from mlops.files.compiled_text import document

_DAYS = 7


def updates(workflows: Iterable[Workflow]) -> str:
    """Write the updates of a repository with workflows; of its packages only where it audits them itself."""
    found = [_update("github-actions") | {"exclude-paths": [".github/workflows/mlops-*.yml"]}]
    if any(workflow.name == "mlops-dependencies" for workflow in workflows):
        found.append(_update("pip"))
    return document("conf/", {"version": 2, "updates": found})


def _update(ecosystem: str) -> dict[str, Any]:
    return {
        "package-ecosystem": ecosystem,
        "directory": "/",
        "schedule": {"interval": "weekly"},
        "cooldown": {"default-days": _DAYS},
    }
