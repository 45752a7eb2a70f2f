"""Findings as GitHub shows them beside the lines of a change, or beside a run; nothing elsewhere."""

from __future__ import annotations

import os

import click

from mlops.diagnostics import Position
from mlops.present.terminal.commands import command


def annotated() -> bool:
    """Whether anybody reads annotations: whether this is a job of GitHub's."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def annotate(severity: str, text: str, position: Position, *, err: bool = False) -> None:
    """Tell of a finding at its place; GitHub reads stderr too, where stdout is a result."""
    if annotated():
        place: dict[str, str | int] = {"file": position.file, "line": position.line, "col": position.column}
        click.echo(command(severity, text, place), err=err)


def warn(title: str, text: str) -> None:
    """Warn beside the run, on stderr."""
    if annotated():
        click.echo(command("warning", text, {"title": title}), err=True)


def mask(secret: str, *, err: bool = False) -> None:
    """Have a secret struck out of the log; GitHub reads stderr too, where stdout is a result."""
    if annotated():
        click.echo(command("add-mask", secret), err=err)
