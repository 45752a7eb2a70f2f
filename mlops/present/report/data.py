"""What the data is: facts, checks, columns, drift, labels."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlops.documents.checks import Balance, CheckReport
from mlops.documents.data import ColumnReport, Confused, DataReport, NoiseReport, Searched, Spread
from mlops.present.report.about import About
from mlops.present.report.charts import Bar, columns, histogram
from mlops.present.report.forests import Cell, Forest, forest
from mlops.present.report.words import count, figure

_COLUMNS = ("name", "type", "nulls", "distinct", "min", "mean", "max")
_LISTED = 80  # columns, and checks, that tables show
_DRAWN = 12  # columns whose values are drawn
_NAMED, _CLIPPED = 6, 24  # texts that stand below bars, and their letters
_OTHERS = "*"
"""What the texts are counted under that a profile does not name."""
_DIGEST = re.compile(r"#[0-9a-f]{8}")


@dataclass(frozen=True)
class Check:
    """One check of the data."""

    verdict: str
    name: str
    column: str
    message: str


@dataclass(frozen=True)
class Histogram:
    """How the values of a column are spread; `levels` says which texts the bars are, from the left."""

    name: str
    note: str
    bars: tuple[Bar, ...]
    levels: str = ""


@dataclass(frozen=True)
class Data:
    """What validate found; what is `more` was left out."""

    facts: tuple[tuple[str, str], ...]
    attention: tuple[Check, ...]
    checks: tuple[Check, ...]
    more_checks: str
    columns: tuple[tuple[str, ...], ...]
    more_columns: str
    histograms: tuple[Histogram, ...]
    drift: Forest | None
    labels: str


def data(document: DataReport | None, about: About, important: Sequence[str]) -> Data | None:
    """Summarise the report, with the columns that matter most drawn first; None if there is no report."""
    if document is None:
        return None
    found = tuple(check(item) for item in document.checks)
    attention = tuple(each for each in found if each.verdict != "pass")
    listed = document.columns
    facts = (
        ("Rows", count(document.rows)),
        *([("Rows made by own code", ", ".join(document.made_by))] if document.made_by else []),
        ("Columns", count(len(listed))),
        ("Checks passed", f"{len(found) - len(attention):,} of {len(found):,}"),
        *_searched(document.searched),
        *_balance(document.target, about),
    )
    return Data(
        facts,
        attention[:_LISTED],
        found[:_LISTED],
        _more(len(found) - _LISTED),
        tuple(tuple(_cell(getattr(item, name)) for name in _COLUMNS) for item in listed[:_LISTED]),
        _more(len(listed) - _LISTED),
        _histograms(listed, important),
        _drift(document.drift or {}),
        _labels(document.label_noise),
    )


def _searched(found: Searched | None) -> Sequence[tuple[str, str]]:
    """Say among how many rows leaks were looked for, where not among all."""
    if found is None:
        return []
    return [("Searched for leaks", f"{found.rows:,} of {found.of:,} rows, drawn with seed {found.seed}")]


def check(item: CheckReport) -> Check:
    """Read one check."""
    verdict = "pass" if item.passed else "fail" if item.severity == "block" else "inconclusive"
    return Check(verdict, item.name, item.column or "", item.message)


def _more(left: int) -> str:
    return f"and {left:,} more in reports/data.json" if left > 0 else ""


def _balance(target: Balance | None, about: About) -> Sequence[tuple[str, str]]:
    """Say how the target is spread."""
    if target is None or not target.classes:
        return [] if target is None or target.mean is None else [("Target mean", figure(target.mean))]
    total = sum(item.rows for item in target.classes) or 1
    rare = min(target.classes, key=lambda item: (item.rows, str(item.label)))
    words = f"{len(target.classes)}, rarest {about.label(about.target, str(rare.label))} ({rare.rows / total:.1%})"
    return [("Target classes", words)]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return count(value) if isinstance(value, int) else figure(value) if isinstance(value, float) else str(value)


def _histograms(listed: Sequence[ColumnReport], important: Sequence[str]) -> tuple[Histogram, ...]:
    order = {name: position for position, name in enumerate(important)}
    known = [(item, item.profile) for item in listed if item.profile is not None]
    ranked = sorted(known, key=lambda pair: order.get(pair[0].name, len(order)))
    return tuple(_histogram(item, found) for item, found in ranked[:_DRAWN])


def _histogram(item: ColumnReport, found: Spread) -> Histogram:
    levels = [] if found.levels is None else _ranked(found.levels)
    bars = histogram(found.edges, found.counts) if found.levels is None else columns(levels)
    note = f"{count(item.nulls)} missing" if item.nulls else ""
    if item.mean is not None:
        note = " · ".join(word for word in (f"mean {figure(item.mean)}", note) if word)
    return Histogram(item.name, note, bars, _levels(levels))


def _ranked(levels: Mapping[str, int]) -> list[tuple[str, int]]:
    """Order texts by their rows, all others last."""
    return sorted(levels.items(), key=lambda level: (level[0] == _OTHERS, -level[1], level[0]))


def _levels(ranked: Sequence[tuple[str, int]]) -> str:
    """Name the texts of bars with their shares; a column that is not public has digests in their place, and says so."""
    if not ranked:
        return ""
    whole = sum(rows for _, rows in ranked) or 1
    if any(_DIGEST.fullmatch(level) for level, _ in ranked):
        return f"{len(ranked):,} bars, the first {ranked[0][1] / whole:.0%}; `public: true` names them"
    told = [
        f"{'others' if level == _OTHERS else level[:_CLIPPED]} {rows / whole:.0%}" for level, rows in ranked[:_NAMED]
    ]
    more = len(ranked) - _NAMED
    return ", ".join(told) + (f" and {more:,} more" if more > 0 else "")


def _drift(found: Mapping[str, Mapping[str, float | None]]) -> Forest | None:
    """Draw how far columns moved from the reference, the farthest first."""
    cells = [Cell(name, each.get("psi")) for name, each in found.items() if each.get("psi") is not None]
    if not cells:
        return None
    cells.sort(key=lambda cell: (-(cell.value or 0.0), cell.name))
    return forest("Drift", "population stability index against the pinned reference", cells, bars=True)


def _labels(found: NoiseReport | None) -> str:
    """Say how many labels are probably wrong."""
    if found is None:
        return ""
    if found.share is None:
        return f"Wrong labels: no estimate, {found.reason} ({count(found.rows)} rows)"
    said = f"Wrong labels: about {found.share:.1%} of {count(found.rows)} rows, by {found.method}"
    return said + ("; " + ", ".join(_pair(pair) for pair in found.pairs[:3]) if found.pairs else "")


def _pair(pair: Confused) -> str:
    return f"{pair.given} for {pair.likely} ({count(pair.rows)})"
