"""Colours, for who looks or asks for them, and the sign of each verdict.

None is yellow or white, which nobody can read on a light ground.
"""

from __future__ import annotations

import os
import sys

import click

SYMBOLS = {
    "pass": ("✓", "green"),
    "fail": ("✗", "red"),
    "inconclusive": ("?", "magenta"),
    "skipped": ("·", "bright_black"),
    "waived": ("~", "magenta"),
    "deferred": ("…", "magenta"),
}


def coloured() -> bool:
    """Whether text is coloured: as NO_COLOR says, then as FORCE_COLOR does, else where a terminal is looked at.

    https://no-color.org, https://force-color.org: what counts is that they are set, and not to nothing.
    """
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (sys.stdout.isatty() and os.environ.get("TERM") != "dumb")


def paint(text: str, colour: str | None, **style: bool) -> str:
    """Colour text where it is looked at, plain elsewhere; without a colour it has that of the terminal."""
    return click.style(text, fg=colour, **style) if coloured() else text


def symbol(state: str) -> str:
    """Give the sign of a verdict in its colour."""
    return paint(*SYMBOLS[state])
