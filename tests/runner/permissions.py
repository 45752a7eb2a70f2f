"""What the token of a job may do."""

from __future__ import annotations

from typing import Any

SCOPES = (
    "actions",
    "attestations",
    "checks",
    "contents",
    "deployments",
    "discussions",
    "id-token",
    "issues",
    "packages",
    "pages",
    "pull-requests",
    "security-events",
    "statuses",
)
DEFAULT = {"contents": "read", "packages": "read"}


def granted(workflow: Any, job: Any, *, trusted: bool) -> dict[str, str]:
    """Decide the scopes: a job's own permissions replace the workflow's; a fork's token never writes."""
    asked = workflow if job is None else job
    if asked is None:
        scopes = dict(DEFAULT)
    elif isinstance(asked, str):
        scopes = dict.fromkeys(SCOPES, asked.removesuffix("-all"))
    else:
        scopes = {name: str(level) for name, level in asked.items() if level != "none"}
    if trusted:
        return scopes
    return {name: "read" for name in scopes if name != "id-token"}
