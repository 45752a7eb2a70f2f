"""`dependabot.yml`: updates of actions and packages, none of them younger than a week.

A malicious release is mostly found within days; waiting is the cheapest defence.
"""

from __future__ import annotations

from collections.abc import Iterable

from mlops.compiler.github.workflow import Workflow
from mlops.files.compiled_text import Value, document

_DAYS = 7


def updates(workflows: Iterable[Workflow]) -> str:
    """Write the updates of a repository with workflows; of its packages only where it audits them itself."""
    found: list[Value] = [_update("github-actions") | {"exclude-paths": [".github/workflows/mlops-*.yml"]}]
    if any(workflow.name == "mlops-dependencies" for workflow in workflows):
        found.append(_update("pip"))
    return document("conf/", {"version": 2, "updates": found})


def _update(ecosystem: str) -> dict[str, Value]:
    return {
        "package-ecosystem": ecosystem,
        "directory": "/",
        "schedule": {"interval": "weekly"},
        "cooldown": {"default-days": _DAYS},
    }
