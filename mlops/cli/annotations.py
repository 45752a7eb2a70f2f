"""Findings as GitHub shows them beside the lines of a change."""

from __future__ import annotations

import os

import click

from mlops.diagnostics import Position


def annotated() -> bool:
    """Whether anybody reads annotations: whether this is a job of GitHub's."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def annotate(severity: str, text: str, position: Position, *, err: bool = False) -> None:
    """Tell GitHub of a finding at its place; nothing elsewhere. It reads stderr too, where stdout is a result.

    https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#setting-an-error-message
    """
    if not annotated():
        return
    from mlops.diagnostics import visible

    file = _escape(visible(position.file)).replace(":", "%3A").replace(",", "%2C")
    click.echo(
        f"::{severity} file={file},line={position.line},col={position.column}::{_escape(visible(text))}", err=err
    )


def warn(title: str, text: str) -> None:
    """Warn in GitHub of something that has no place; nothing elsewhere."""
    if annotated():
        click.echo(f"::warning title={_escape(title)}::{_escape(text)}", err=True)


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
