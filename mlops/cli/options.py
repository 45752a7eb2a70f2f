"""What several verbs take, and how they print."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])


def output(*formats: str) -> Callable[[Function], Function]:
    """Add `-o`; the first format is the default."""
    choice = click.Choice(formats)
    return click.option(
        "-o", "--output", "form", type=choice, default=formats[0], show_default=True, help="Format of the result."
    )


def base_option(text: str) -> Callable[[Function], Function]:
    """Add `--base`, which CI gives once for all verbs as MLOPS_BASE."""
    return click.option("--base", metavar="REF", envvar="MLOPS_BASE", show_envvar=True, help=text)


def reviews_option(function: Function) -> Function:
    """Add `--reviews`, a recorded answer in GitHub's place."""
    kind = click.Path(path_type=Path, dir_okay=False)
    text = "Look approvals up in this recorded answer of GitHub's, instead of asking with GITHUB_TOKEN."
    return click.option("--reviews", type=kind, metavar="FILE", help=text)(function)


def root(*, merging: bool = False) -> Path:
    """Find the repository that the command was called in.

    With `merging` a verb takes it as it is in the middle of a merge: it goes by nothing that is compiled or recorded,
    or makes that anew.

    Raises:
        Conflicted: a merge left two versions of what is compiled or recorded.
    """
    from mlops.operations import merging as merges
    from mlops.operations.root import find_root

    here = find_root(Path.cwd())
    if not merging:
        merges.refuse(here)
    return here


def emit(value: Any) -> None:
    """Print a result as JSON."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def say(text: str) -> None:
    """Tell a person something that is not the result, on stderr."""
    click.echo(text, err=True)
