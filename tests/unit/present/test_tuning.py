"""What is shown of a search: every trial in a table, the best so far as a line, a sentence for the comment."""

from __future__ import annotations

from typing import Any

from mlops.documents.tuning import TuningReport
from mlops.present.html import html
from mlops.present.markdown.evidence import Change, Judged
from mlops.present.markdown.sections import working
from mlops.present.report.documents import Epoch
from mlops.present.report.training import epochs
from mlops.present.report.tuning import tuning
from mlops.present.terminal.tuning import table


def report(count: int = 4, **changes: Any) -> TuningReport:
    states = ["complete", "pruned", "failed", "complete"]
    trials = [
        {
            "number": number,
            "candidate": "<net>",
            "parameters": {} if number == 1 else {"lr": 0.01 * number, "hidden": [8, number], "depth": None},
            "seed": 7,
            "state": states[(number - 1) % 4],
            **({"score": 0.7 + 0.01 * number, "epochs": 9} if (number - 1) % 4 != 2 else {"why": "`lr` is <too> high"}),
        }
        for number in range(1, count + 1)
    ]
    return TuningReport.model_validate(
        {
            "select_by": "auroc",
            "sampler": "tpe",
            "pruner": "hyperband",
            "seed": 7,
            "data": "sha256:1",
            "space": "sha256:2",
            "trials": trials,
            "best": {"<net>": {"trial": 4, "parameters": {"lr": 0.04}, "stopped": "all trials were made"}},
            **changes,
        }
    )


def test_every_trial_is_a_row_and_the_best_so_far_a_line() -> None:
    seen = tuning(report())
    assert seen is not None
    assert [(row.number, row.what, row.value, row.ended, row.chosen) for row in seen.rows] == [
        ("1", "as the YAML has it", "0.710", "complete", False),
        ("2", "depth null, hidden [8, 2], lr 0.02", "0.720", "pruned", False),
        ("3", "depth null, hidden [8, 3], lr 0.03", "–", "failed: `lr` is <too> high", False),
        ("4", "depth null, hidden [8, 4], lr 0.04", "0.740", "complete", True),
    ]
    assert seen.plot is not None
    assert len(seen.plot.curves[0].points) == 2
    assert seen.note == (
        "4 trials of <net> (1 pruned, 1 failed). <net>: all trials were made. Seed 7, sampler tpe, pruner hyperband"
    )


def test_the_figure_numbers_trials_whole_and_keeps_its_title_clear_of_what_the_axis_says() -> None:
    seen = tuning(report())
    assert seen is not None
    assert seen.plot is not None
    assert [tick.text for tick in seen.plot.x_ticks] == ["1", "2", "3", "4"]
    longest = max(len(tick.text) for tick in seen.plot.y_ticks)
    assert seen.plot.left - 7 - 7.2 * longest >= 17  # a title of 12 pixels stands around 11
    assert min(x for x, _ in seen.plot.curves[0].points) > seen.plot.left


def test_a_candidate_keeps_its_colour_beside_one_without_epochs() -> None:
    rows = [Epoch(candidate="mlp", epoch=step, metric="validation_loss", value=0.5) for step in (1.0, 2.0)]
    (drawn,) = epochs(rows, "auroc", ["linear", "mlp"])
    assert [(curve.name, curve.style) for curve in drawn.curves] == [("mlp", "series-1")]


def test_of_many_trials_the_page_has_some_and_the_one_that_was_taken() -> None:
    best = {"<net>": {"trial": 240, "parameters": {}, "stopped": "all trials were made"}}
    seen = tuning(report(240, best=best))
    assert seen is not None
    assert [row.number for row in seen.rows[-2:]] == ["200", "240"]
    assert seen.note.endswith("39 more in `reports/tuning.json`")


def test_where_nothing_was_searched_nothing_is_shown() -> None:
    assert tuning(None) is None


def test_the_comment_has_one_line() -> None:
    searched = report(repeatable=False, minutes=5)
    lines = working(Judged(change=Change(name="churn"), tuning=searched.sentence), "").splitlines()
    assert [line for line in lines if line.startswith("Tuned")] == [
        "Tuned: 4 trials of &#60;net&#62; (1 pruned, 1 failed), at most 5 minutes: not repeatable"
    ]
    assert "Tuned" not in working(Judged(change=Change(name="churn")), "")


def test_the_terminal_has_a_line_a_trial() -> None:
    lines = list(table(report()))
    assert len(lines) == 6
    assert "pruned after 9" in lines[2]
    assert "failed" in lines[3]
    assert lines[-1] == ("4 trials of <net> (1 pruned, 1 failed); → what training takes, by auroc on validation")


def test_a_page_escapes_what_it_was_told() -> None:
    text = html("mlops.present.report", "training.html", page=_Page(report()), width=380, height=290)
    assert "<net>" not in text
    assert "<too>" not in text
    assert "Search for parameters" in text


class _Page:
    """As much of a page as the section asks for."""

    def __init__(self, found: TuningReport) -> None:
        self.tuning = tuning(found)
        self.candidates = self.dropped = self.epochs = ()
        self.calibrated = self.taught = self.select_by = self.optimism = ""
        self.learning_curve = self.serving = self.ensemble = self.backtest = None
