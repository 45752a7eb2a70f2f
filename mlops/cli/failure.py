"""How the command line ends when something is wrong."""

from __future__ import annotations

import os
import sys
import traceback

import click

from mlops import extras
from mlops.errors import MlopsError


def report(error: Exception) -> int:
    """Print an error for a person, on stderr, and give the exit code."""
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.ClickException):
        error.show()
        return 4 if isinstance(error, click.UsageError) else error.exit_code
    if isinstance(error, click.Abort | KeyboardInterrupt):
        print("stopped", file=sys.stderr)
        return 130
    if isinstance(error, BrokenPipeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    error = extras.missing(error) or error
    if isinstance(error, MlopsError):
        print(error.message, file=sys.stderr)
        if error.hint:
            print(f"hint: {error.hint}", file=sys.stderr)
        return error.exit_code
    traceback.print_exception(error)
    print("\nThis is a defect of mlops, not of what you wrote. Please report it with the lines above.", file=sys.stderr)
    return 1
