"""How the command line ends when something is wrong."""

from __future__ import annotations

import os
import re
import sys
import traceback
from contextlib import suppress
from pathlib import Path

import click

from mlops import extras
from mlops.cli.completion import known
from mlops.diagnostics import inert, suggest
from mlops.errors import MlopsError
from mlops.files.conflict import Conflicted
from mlops.files.system import refused

_NO_NUMBER = re.compile(r"'(.*)' is not a valid ((?:integer|float)(?: range)?)\.", re.DOTALL)
_NO_CHOICE = re.compile(r"'(.*)' is not one of ", re.DOTALL)


def report(error: Exception) -> int:
    """Print an error for a person, on stderr, and give the exit code."""
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.ClickException):
        error = _suggesting(error)
        error.show()
        return 4 if isinstance(error, click.UsageError) else error.exit_code
    if isinstance(error, click.Abort | KeyboardInterrupt):
        print("stopped", file=sys.stderr)
        return 130
    if isinstance(error, BrokenPipeError):
        _mute()
        return 0
    error = _of_output(error) or error
    error = extras.missing(error) or refused(error) or error
    if isinstance(error, Conflicted) and not error.hint:
        error = _with_cure(error)
    if isinstance(error, MlopsError):
        print(inert(error.message), file=sys.stderr)
        if error.hint:
            print(inert(f"hint: {error.hint}"), file=sys.stderr)
        return error.exit_code
    traceback.print_exception(error)
    print("\nThis is a defect of mlops, not of what you wrote. Please report it with the lines above.", file=sys.stderr)
    return 1


def _suggesting(error: click.ClickException) -> click.ClickException:
    """Say of a word that is none of an option's which one is meant, and of one that is missing which there are."""
    if isinstance(error, click.MissingParameter) and (words := known(error.param)):
        name = error.param.opts[0] if isinstance(error.param, click.Option) else "NAME"
        return click.UsageError(f"{name} is missing. {suggest('', words)}", ctx=error.ctx)
    if isinstance(error, click.BadParameter) and (said := _NO_NUMBER.match(error.message)):
        message = f"`{said[1]}` is no {'whole number' if said[2].startswith('integer') else 'number'}"
        return click.BadParameter(message, ctx=error.ctx, param=error.param, param_hint=error.param_hint)
    options = error.param.type if isinstance(error, click.BadParameter) and error.param is not None else None
    if not isinstance(error, click.BadParameter) or not isinstance(options, click.Choice):
        return error
    if (said := _NO_CHOICE.match(error.message)) is None:
        return error
    message = f"`{said[1]}` is none of its words. {suggest(said[1], map(str, options.choices))}"
    return click.BadParameter(message, ctx=error.ctx, param=error.param, param_hint=error.param_hint)


def _with_cure(error: Conflicted) -> Conflicted:
    """Say what ends the conflict; who read the file did not know what else a merge left."""
    from mlops.operations.merging import told
    from mlops.operations.root import search_root

    here = search_root(Path.cwd())
    if here is not None:
        with suppress(MlopsError, OSError):  # Git may refuse to say more
            return told(here, error)
    return error


def _of_output(error: Exception) -> OSError | None:
    """Tell whether it is standard output that cannot be written, and then write there no more."""
    if (
        not isinstance(error, OSError)
        or error.filename is not None
        or not _raised_in(error, "click.utils", "mlops.cli.main")
    ):
        return None
    _mute()
    return OSError(error.errno, error.strerror, "standard output")


def _raised_in(error: Exception, *modules: str) -> bool:
    """Whether the innermost place that an error came through is in one of these modules."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    return place is not None and place.tb_frame.f_globals.get("__name__") in modules


def _mute() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
