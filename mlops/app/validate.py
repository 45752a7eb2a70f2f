"""Validate: every problem of the YAML, as data and as text."""

from __future__ import annotations

from pathlib import Path

from mlops.app.git import commit_of
from mlops.app.policy import judge_under_base
from mlops.app.workspace import open_workspace
from mlops.diagnostics import Diagnostic, render
from mlops.errors import ConfigurationError
from mlops.rules.registry import findings


def validate(root: Path, names: tuple[str, ...] = (), base: str | None = None) -> tuple[tuple[Diagnostic, ...], str]:
    """Check the named pipelines, or all; give the findings sorted, and printed with their source lines.

    With `base`, the policy of that commit holds too.
    """
    try:
        workspace = open_workspace(root, names)
    except ConfigurationError as error:
        if not error.diagnostics:
            raise
        return error.diagnostics, error.message
    found = [
        finding.at(loaded.origins.where(finding.key))
        for name, loaded in sorted(workspace.pipelines.items())
        for finding in findings(workspace.pipeline(name))
    ]
    if base is not None:
        found += judge_under_base(root, commit_of(root, base), workspace.project, workspace.pipelines)
    return tuple(sorted(found)), render(found, workspace.configuration.sources) if found else ""
