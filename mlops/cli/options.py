"""What several verbs take, how they print, and how one ends that did several things."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import click

from mlops.cli.failure import report
from mlops.errors import MlopsError

Function = TypeVar("Function", bound=Callable[..., Any])
Item = TypeVar("Item")
Found = TypeVar("Found")

FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)


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
    text = "Look approvals up in this recorded answer of GitHub's, instead of asking with GITHUB_TOKEN."
    return click.option("--reviews", type=FILE, metavar="FILE", help=text)(function)


def needs_option(function: Function) -> Function:
    """Add `--needs`, which a workflow gives as MLOPS_NEEDS."""
    text = "The `needs` context: digests to compare with."
    return click.option("--needs", envvar="MLOPS_NEEDS", metavar="JSON", help=text)(function)


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


def result(form: str, value: Any, lines: Iterable[str]) -> None:
    """Print a result as JSON, or for a person line by line."""
    if form == "json":
        emit(value)
        return
    for line in lines:
        click.echo(line)


_QUIET = "mlops.quiet"


def hush(command: click.Command) -> None:
    """Add `-q` to a verb, or to each that it is made of; what ends in an exit code is told all the same."""

    def be_quiet(context: click.Context, _: click.Parameter, value: bool) -> None:
        context.meta[_QUIET] = context.meta.get(_QUIET, False) or value

    if isinstance(command, click.Group):
        for each in command.commands.values():
            hush(each)
    elif not any("-q" in parameter.opts for parameter in command.params):
        text = "Only the result, and what is wrong."
        quiet = click.Option(["-q", "--quiet"], is_flag=True, expose_value=False, callback=be_quiet, help=text)
        command.params.append(quiet)


def say(text: str, *, always: bool = False) -> None:
    """Tell a person something that is not the result, on stderr; under `-q` only what is said `always`."""
    if always or not quiet():
        click.echo(text, err=True)


def quiet() -> bool:
    """Whether `-q` was given."""
    context = click.get_current_context(silent=True)
    return context is not None and bool(context.meta.get(_QUIET))


def attempt(items: Iterable[Item], act: Callable[[Item], Found]) -> tuple[list[Found], list[MlopsError]]:
    """Do one after the other: one that is refused stops no other."""
    found: list[Found] = []
    errors: list[MlopsError] = []
    for item in items:
        try:
            found.append(act(item))
        except MlopsError as error:
            errors.append(error)
    return found, errors


def ended(errors: Iterable[MlopsError]) -> int:
    """Tell what was refused, and give the exit code of the first."""
    codes = [report(error) for error in errors]
    return codes[0] if codes else 0
