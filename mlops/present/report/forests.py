"""Intervals one below the other on one scale: the figure that most of the page is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mlops.present.report.charts import Scale, Tick, Track, track
from mlops.present.report.words import figure, measured

MOST = 12
"""Lines that a forest shows."""


@dataclass(frozen=True)
class ForestRow:
    """One line of a forest plot."""

    name: str
    style: str
    track: Track
    value: str
    interval: str
    rows: str = ""


@dataclass(frozen=True)
class Forest:
    """Intervals on one scale; `more` says what is left out."""

    title: str
    note: str
    rows: tuple[ForestRow, ...]
    ticks: tuple[Tick, ...]
    more: str = ""


@dataclass(frozen=True)
class Cell:
    """What is known of one line, in its own units; `bound` is an upright line beside it."""

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    style: str = "candidate"
    rows: str = ""
    bound: float | None = None


def scale_of(cells: Sequence[Cell], also: Sequence[float] = ()) -> Scale:
    """Hold all values, ends and bounds."""
    return Scale.around([*also, *(end for cell in cells for end in (cell.value, cell.low, cell.high, cell.bound))])


def forest(
    title: str, note: str, cells: Sequence[Cell], *, scale: Scale | None = None, bars: bool = False, most: int = MOST
) -> Forest:
    """Draw lines, at most `most` of them; `bars` begin at zero."""
    shown = cells[:most]
    placed = scale or scale_of(shown, (0.0,) if bars else ())
    left = len(cells) - len(shown)
    rows = tuple(_row(cell, placed, bars=bars) for cell in shown)
    return Forest(title, note, rows, placed.ticks(4), f"and {left:,} more" if left else "")


def _row(cell: Cell, scale: Scale, *, bars: bool) -> ForestRow:
    known = cell.low is not None or cell.high is not None
    value, said = measured(cell.value, cell.low, cell.high) if known else (figure(cell.value), "")
    text = f"{cell.name}: {value}" + (f", interval {said}" if known else "")
    low, high = (cell.low, cell.high) if known or cell.value is None else (cell.value, cell.value)
    base = 0.0 if bars else None
    placed = track(scale, cell.value, low, high, bound=cell.bound, style=cell.style, text=text, base=base)
    return ForestRow(cell.name, cell.style, placed, value, said, cell.rows)
