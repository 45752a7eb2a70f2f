"""What a search tried, as a table: a line a trial, what it was worth on validation, what training takes."""

from __future__ import annotations

from collections.abc import Iterator

from mlops.diagnostics import visible
from mlops.documents.tuning import TuningReport, TuningTrial
from mlops.files.figures import figure
from mlops.present.terminal.style import paint
from mlops.present.terminal.tables import aligned

_BEST = "→"


def table(report: TuningReport) -> Iterator[str]:
    """Print every trial in order, and what was done in a line."""
    chosen = {winner.trial for winner in report.best.values()}
    heads = ("", "#", "candidate", report.select_by, "state", "parameters")
    cells = [_cells(trial, trial.number in chosen) for trial in report.trials]
    lines = list(aligned([heads, *cells], right={1, 3}))
    yield paint(visible(lines[0]), None, bold=True)
    for trial, line in zip(report.trials, lines[1:], strict=True):
        said = visible(line)
        yield paint(said, "bright_black") if trial.state != "complete" else said
    yield f"{report.sentence}; {_BEST} what training takes, by {report.select_by} on validation"


def _cells(trial: TuningTrial, chosen: bool) -> tuple[str, ...]:
    why = f" ({trial.why})" if trial.state == "failed" else ""
    first = _BEST if chosen else ""
    state = f"pruned after {trial.epochs}" if trial.state == "pruned" else trial.state
    return (first, str(trial.number), trial.candidate, figure(trial.score, digits=4), state, f"{trial.what}{why}")
