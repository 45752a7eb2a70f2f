"""Colours, for a terminal alone, and the sign of each verdict."""

from __future__ import annotations

import sys

import click

SYMBOLS = {
    "pass": ("✓", "green"),
    "fail": ("✗", "red"),
    "inconclusive": ("?", "yellow"),
    "skipped": ("·", "bright_black"),
    "waived": ("~", "yellow"),
    "deferred": ("…", "yellow"),
}


def paint(text: str, colour: str, **style: bool) -> str:
    """Colour text for a terminal; plain elsewhere."""
    return click.style(text, fg=colour, **style) if sys.stdout.isatty() else text


def symbol(state: str) -> str:
    """Give the sign of a verdict in its colour."""
    return paint(*SYMBOLS[state])
