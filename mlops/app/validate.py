"""Validate: every problem of the YAML, as data and as text."""

from __future__ import annotations

from pathlib import Path

from mlops.app.findings import findings
from mlops.app.printing import printed
from mlops.app.workspace import open_workspace
from mlops.diagnostics import Diagnostic
from mlops.errors import ConfigurationError


def validate(root: Path, names: tuple[str, ...] = ()) -> tuple[tuple[Diagnostic, ...], str]:
    """Check the named pipelines, or all; give the findings sorted, and printed with their source lines."""
    try:
        workspace = open_workspace(root, names)
    except ConfigurationError as error:
        if not error.diagnostics:
            raise
        return error.diagnostics, error.message
    found = findings(workspace)
    return found, printed(found, workspace.configuration.sources) if found else ""
