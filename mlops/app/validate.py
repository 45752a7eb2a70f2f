"""Validate: every problem of the YAML, as data and as text."""

from __future__ import annotations

from pathlib import Path

from mlops.app.against_hydra import differences
from mlops.app.findings import findings
from mlops.app.git import commit_of
from mlops.app.policy import judge_under_base
from mlops.app.printing import printed
from mlops.app.workspace import open_workspace
from mlops.diagnostics import Diagnostic
from mlops.errors import ConfigurationError


def validate(
    root: Path, names: tuple[str, ...] = (), base: str | None = None, *, hydra: bool = False
) -> tuple[tuple[Diagnostic, ...], str]:
    """Check the named pipelines, or all; give the findings sorted, and printed with their source lines.

    With `base`, the policy of that commit holds too; with `hydra`, Hydra must compose the same values.
    """
    try:
        workspace = open_workspace(root, names)
    except ConfigurationError as error:
        if not error.diagnostics:
            raise
        return error.diagnostics, error.message
    found = list(findings(workspace))
    if base is not None:
        found += judge_under_base(root, commit_of(root, base), workspace.project, workspace.pipelines)
    if hydra:
        found += differences(workspace)
    found.sort()
    return tuple(found), printed(found, workspace.configuration.sources) if found else ""
