"""What was tried, as a table: what varies, figures on validation, what is better than the recorded run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from mlops.diagnostics import visible
from mlops.documents.trials_report import TrialFigure, TrialRow, TrialsReport
from mlops.files.figures import duration, figure
from mlops.present.terminal.style import paint
from mlops.present.terminal.tables import aligned

_METRICS = 4  # columns of figures
_MARKS = {"better": ("▲", "green"), "worse": ("▼", "red"), "same": ("=", None), None: (" ", None)}
_BEST = "→"
_LONGEST = 40


def table(report: TrialsReport) -> Iterator[str]:
    """Print a line a trial, the recorded run first, and what the signs mean."""
    keys = _keys(report)
    metrics = report.metrics[:_METRICS]
    rows = [*([report.recorded] if report.recorded is not None else []), *report.rows]
    heads = (
        "",
        "#",
        *_heads(keys),
        "candidate",
        *(f"{metric}  " for metric in metrics),
        "time",
        "id",
    )  # above the signs
    cells = [_cells(row, keys, metrics, report.best) for row in rows]
    right = {1, *range(len(keys) + 3, len(keys) + 4 + len(metrics))}
    lines = list(aligned([heads, *cells], right=right))
    yield paint(visible(lines[0]), None, bold=True)
    for row, line in zip(rows, lines[1:], strict=True):
        yield _marked(visible(line), row)
    yield from _legend(report)


def _keys(report: TrialsReport) -> tuple[str, ...]:
    """Name the keys that vary; all where none does."""
    keys = tuple(report.rows[0].overrides)
    vary = tuple(key for key in keys if len({_short(row.overrides[key]) for row in report.rows}) > 1)
    return vary or keys


def _heads(keys: tuple[str, ...]) -> list[str]:
    """Name each key by its last part, where no other ends so."""
    last = [key.rpartition(".")[2] for key in keys]
    return [end if last.count(end) == 1 else key for key, end in zip(keys, last, strict=True)]


def _cells(row: TrialRow, keys: tuple[str, ...], metrics: tuple[str, ...], best: int | None) -> tuple[str, ...]:
    number = "–" if row.number is None else str(row.number)
    values = (_short(row.overrides[key]) if key in row.overrides else "–" for key in keys)
    first = _BEST if row.number is not None and row.number == best else ""
    if row.error:
        return (first, number, *values, f"stopped: {row.error}"[:_LONGEST])
    figures = (_figure(row.figures.get(metric)) for metric in metrics)
    time = "–" if row.seconds is None else duration(row.seconds)
    return (first, number, *values, row.candidate, *figures, time, row.id or "recorded")


def _figure(found: TrialFigure | None) -> str:
    if found is None:
        return "–  "
    return f"{figure(found.value, digits=4)} {_MARKS[found.recorded][0]}"


def _marked(line: str, row: TrialRow) -> str:
    """Colour the signs; the recorded run stands back."""
    if row.number is None:
        return paint(line, "bright_black")
    for sign, colour in (*_MARKS.values(), (_BEST, "green")):
        line = line.replace(sign, paint(sign, colour, bold=True)) if colour else line
    return line


def _legend(report: TrialsReport) -> Iterator[str]:
    if not report.select_by:
        return
    said = f"{_BEST} the best by {report.select_by} on validation; no test row was read"
    if report.recorded is not None:
        yield f"{said}; ▲ better, ▼ worse than the recorded run, in the value alone"
        if any(each.figures and not _compared(each) for each in report.rows):
            yield "without a sign: the validation rows are others than those of the recorded run"
    else:
        yield f"{said}; no run is recorded to hold them against"


def _compared(row: TrialRow) -> bool:
    return any(each.recorded is not None for each in row.figures.values())


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
