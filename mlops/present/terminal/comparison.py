"""Two runs beside each other, as text: what differs, and which is better as far as the rows can tell."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from mlops.diagnostics import visible
from mlops.documents.figures import Figure
from mlops.documents.run_comparison import ComparedMetric, RunComparison
from mlops.files.intervals import measured
from mlops.present.terminal.style import paint
from mlops.present.terminal.tables import aligned

_COLOURS = {"better": "green", "worse": "red", "cannot tell": "magenta", "same": None}
_LONGEST = 60


def lines(found: RunComparison) -> Iterator[str]:
    """Print what differs of configuration, code and data, then a line a metric."""
    yield paint(visible(f"{found.pipeline}: {found.first.name} → {found.second.name}"), None, bold=True)
    yield from (f"  {visible(line)}" for line in aligned([*_differing(found)]))
    yield f"  {_rows(found)}"
    for line, compared in zip(aligned([*_table(found)], right=(1, 3, 5)), found.metrics.values(), strict=True):
        yield f"    {line}  {paint(compared.second_is, _COLOURS[compared.second_is], bold=True)}"


def _differing(found: RunComparison) -> Iterator[tuple[str, ...]]:
    for place, key in enumerate(found.keys):
        yield "" if place else "configuration", f"{key.key}: {_short(key.first)} → {_short(key.second)}"
    if not found.keys:
        yield "configuration", "the same"
    if found.code:
        yield "code or libraries", f"other in {', '.join(found.code)}"
    if found.first.candidate != found.second.candidate:
        yield "candidate", f"{found.first.candidate} → {found.second.candidate}"
    yield "data", _data(found)


def _data(found: RunComparison) -> str:
    """Say whether the data is the same, and how many rows of each part there are."""
    first, second = found.first, found.second
    digests = (str(side.data or "unknown").removeprefix("sha256:")[:12] for side in (first, second))
    same = first.data is not None and first.data == second.data
    parts = [
        f"{part} {first.rows[part]:,}" + ("" if first.rows[part] == count else f" → {count:,}")
        for part, count in second.rows.items()
        if part in first.rows
    ]
    return ", ".join(["the same" if same else " → ".join(digests), *parts]) + " rows"


def _rows(found: RunComparison) -> str:
    sure = f"intervals of {found.confidence:.0%}"
    if found.paired:
        return f"{found.part} rows, the same for both: paired, {sure}"
    return f"{found.part} rows, which are others or not here: told apart only where intervals do not touch, {sure}"


def _table(found: RunComparison) -> Iterator[tuple[str, ...]]:
    for metric, compared in found.metrics.items():
        yield (metric, *_spelt(compared.first), *_spelt(compared.second), *_change(compared))


def _spelt(known: Figure, sign: str = "") -> tuple[str, str]:
    value, span = measured(known.value, known.low, known.high, sign=sign)
    return value, "" if known.low is None else span


def _change(compared: ComparedMetric) -> tuple[str, str]:
    return ("", "") if compared.difference is None else _spelt(compared.difference, "+")


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
