"""Findings as GitHub shows them beside the lines of a change."""

from __future__ import annotations

import os

import click

from mlops.diagnostics import Position


def annotate(severity: str, text: str, position: Position) -> None:
    """Tell GitHub of a finding at its place; nothing elsewhere.

    https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#setting-an-error-message
    """
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    from mlops.app.printing import visible

    file = _escape(visible(position.file)).replace(":", "%3A").replace(",", "%2C")
    click.echo(f"::{severity} file={file},line={position.line},col={position.column}::{_escape(visible(text))}")


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
