"""Findings as GitHub shows them beside the lines of a change, or beside a run."""

from __future__ import annotations

import os

import click

from mlops.diagnostics import Position


def annotated() -> bool:
    """Whether anybody reads annotations: whether this is a job of GitHub's."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def annotate(severity: str, text: str, position: Position, *, err: bool = False) -> None:
    """Tell GitHub of a finding at its place; nothing elsewhere. It reads stderr too, where stdout is a result."""
    _tell(severity, text, {"file": position.file, "line": position.line, "col": position.column}, err=err)


def warn(title: str, text: str) -> None:
    """Warn beside the run, on stderr; nothing elsewhere."""
    _tell("warning", text, {"title": title}, err=True)


def _tell(severity: str, text: str, properties: dict[str, object], *, err: bool) -> None:
    """Print a workflow command whose text cannot end it and begin another.

    https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#setting-an-error-message
    """
    if not annotated():
        return
    said = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    click.echo(f"::{severity} {said}::{_escape(text)}", err=err)


def _property(text: str) -> str:
    return _escape(text).replace(":", "%3A").replace(",", "%2C")


def _escape(text: str) -> str:
    from mlops.diagnostics import visible

    return visible(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
