"""What the scores rest on: all rows together, and rows that were named."""

from __future__ import annotations

from dataclasses import dataclass

from mlops.documents.explanations import ExplanationsReport, PictureShares, RowReport
from mlops.documents.metrics import Importance, MetricsReport
from mlops.ml.evaluation.judging.names import called
from mlops.present.report.forests import Cell, Forest, forest
from mlops.present.report.words import count, figure

_ROWS = 6  # rows that are explained one by one
_COLUMNS = 8  # of a row
_TOKENS = 20  # of a text
_EXACT = 1e-6  # a smaller miss is rounding


@dataclass(frozen=True)
class HeatCell:
    """A square of a picture: its place, how bright pictures are there (to 255), how much scores rest on it (to 1)."""

    x: int
    y: int
    grey: int
    strength: float


@dataclass(frozen=True)
class HeatMap:
    """Where in the pictures of a column the scores look."""

    name: str
    width: int
    height: int
    cells: tuple[HeatCell, ...]


@dataclass(frozen=True)
class ImportanceSection:
    """Forests of columns, all rows first; `note` says how shares are to be read."""

    overall: tuple[Forest, ...]
    rows: tuple[Forest, ...]
    more: str
    note: str
    maps: tuple[HeatMap, ...] = ()


def importance(metrics: MetricsReport, explanations: ExplanationsReport) -> ImportanceSection | None:
    """Draw what was explained; None where nothing was."""
    overall = [*_shuffled(metrics.importance), *_shares(explanations), *_tokens(explanations)]
    if not overall:
        return None
    named = explanations.rows
    left = len(named) - _ROWS
    return ImportanceSection(
        tuple(overall),
        tuple(_row(row, explanations) for row in named[:_ROWS]),
        f"and {left:,} more rows in reports/explanations.json" if left > 0 else "",
        f"Shares of a score add up to it; they miss by at most {explanations.gap:.1g} of the widest move"
        if (explanations.gap or 0) > _EXACT
        else "",
        tuple(map(_map, explanations.pictures)),
    )


def _map(found: PictureShares) -> HeatMap:
    """Lay how much scores rest on each cell over the mean picture."""
    most = max(found.shares, default=0.0) or 1.0
    cells = (
        HeatCell(place % found.width, place // found.width, round(255 * brightness), round(share / most, 3))
        for place, (brightness, share) in enumerate(zip(found.brightness, found.shares, strict=True))
    )
    return HeatMap(found.column, found.width, found.height, tuple(cells))


def _shuffled(found: Importance | None) -> list[Forest]:
    if found is None or not found.columns:
        return []
    note = f"{called(found.metric)} lost when the column is shuffled, {count(found.rows)} test rows"
    cells = [Cell(item.column, item.value, item.low, item.high) for item in found.columns]
    return [forest("Permutation importance", note, cells, bars=True)]


def _shares(found: ExplanationsReport) -> list[Forest]:
    if not found.columns:
        return []
    note = f"mean size of a column's share, {_unit(found)}, {count(found.sample)} validation rows"
    cells = [Cell(item.column, item.value, style="s2") for item in found.columns]
    return [forest(_method(found), note, cells, bars=True)]


def _tokens(found: ExplanationsReport) -> list[Forest]:
    """Draw, for each text, what its words move scores by where they stand, those that move most first."""
    note = f"mean share of a token in the scores of rows that have it, {_unit(found)}"
    return [
        forest(
            f"Tokens of {column}",
            note,
            [
                Cell(each.token, each.value, rows=count(each.rows), style="s2" if (each.value or 0.0) >= 0 else "s4")
                for each in found.tokens
                if each.column == column
            ],
            bars=True,
            most=_TOKENS,
        )
        for column in dict.fromkeys(each.column for each in found.tokens)
    ]


def _method(found: ExplanationsReport) -> str:
    name = found.method
    return name[:1].upper() + name[1:]


def _unit(found: ExplanationsReport) -> str:
    unit = found.unit or "units of the score"
    return "in units of the target" if unit == "target" else f"in {unit}"


def _row(row: RowReport, found: ExplanationsReport) -> Forest:
    known = ((name, value or 0.0) for name, value in row.columns.items())
    shares = sorted(known, key=lambda item: (-abs(item[1]), item[0]))
    cells = [Cell(name, value, style="s2" if value >= 0 else "s4") for name, value in shares]
    note = f"from {figure(row.base)} to {figure(row.output)}, {_unit(found)}"
    return forest(f"{found.key or 'Row'} {row.row}", note, cells, bars=True, most=_COLUMNS)
