"""Which trial is the best, how each stands to the recorded run, and the table that says so."""

from __future__ import annotations

from typing import Any

import pytest

from mlops.documents.split import PartReport
from mlops.documents.training import CandidateReport
from mlops.documents.trial import Trial
from mlops.documents.trials_report import TrialsReport
from mlops.errors import ConfigurationError
from mlops.operations.trying.ranking import best, improves, ranked
from mlops.operations.trying.run import Outcome, Trials
from mlops.present.terminal.trials import table

AUROC, RMSE = "auroc", "rmse"


def trial(key: str, rows: str = "a", chosen: str = "mlp", **candidates: dict[str, float]) -> Trial:
    return Trial(
        pipeline="churn",
        id=key,
        overrides={"model.mlp.lr": 0.1},
        parameters={},
        data="sha256:1",
        parts={"validation": PartReport(rows=10, digest=rows)},
        select_by="auroc",
        chosen=chosen,
        candidates={name: CandidateReport(validation=values) for name, values in candidates.items()},
        seconds=2.5,
    )


def tried(*trials: Trial | None, recorded: Trial | None = None, about: frozenset[str] = frozenset()) -> Trials:
    outcomes = tuple(
        Outcome(number, {"model.mlp.lr": number / 10, "seed": 3}, found, None if found else ConfigurationError("no"))
        for number, found in enumerate(trials, 1)
    )
    return Trials("churn", outcomes, recorded, about)


RECORDED = trial("", linear={"auroc": 0.9, "ece": 0.1}, mlp={"auroc": 0.7, "ece": 0.05}, chosen="linear")
GOOD = trial("11111111", mlp={"auroc": 0.8, "ece": 0.06})
POOR = trial("22222222", mlp={"auroc": 0.6, "ece": 0.05})


@pytest.mark.parametrize(
    ("metric", "values", "expected"),
    [
        ("auroc", [0.7, 0.9, 0.9], 2),
        ("rmse", [3.0, 1.0, 2.0], 2),
        ("auroc", [float("nan"), 0.5], 2),
        ("auroc", [float("nan")], None),
        ("auroc", [], None),
    ],
)
def test_the_first_of_the_best_wins(metric: str, values: list[float], expected: int | None) -> None:
    trials = {number: trial("0" * 8, mlp={metric: value}) for number, value in enumerate(values, 1)}
    assert best(metric, trials) == expected


def test_a_trial_is_held_against_the_same_candidates_of_the_recorded_run() -> None:
    found = ranked(tried(GOOD, POOR, recorded=RECORDED, about=frozenset({"mlp"})), ["ece"])
    assert (found.best, found.metrics, improves(found)) == (1, ("auroc", "ece"), True)
    assert found.recorded is not None
    assert (found.recorded.candidate, found.recorded.figures["auroc"].value) == ("mlp", 0.7)
    stands = [{name: figure.recorded for name, figure in row.figures.items()} for row in found.rows]
    assert stands == [{"auroc": "better", "ece": "worse"}, {"auroc": "worse", "ece": "same"}]
    everything = ranked(tried(GOOD, recorded=RECORDED))
    assert everything.recorded is not None
    assert (everything.recorded.candidate, improves(everything)) == ("linear", False)


def test_other_rows_are_not_held_against_each_other() -> None:
    other = trial("33333333", rows="b", mlp={"auroc": 0.99})
    found = ranked(tried(other, recorded=RECORDED))
    assert [figure.recorded for figure in found.rows[0].figures.values()] == [None]
    assert (found.best, improves(found)) == (1, False)
    assert improves(ranked(tried(other)))  # where nothing is recorded, anything is more


def test_one_that_stopped_has_a_line_and_is_not_the_best() -> None:
    found = ranked(tried(None, POOR))
    assert (found.best, found.rows[0].error, found.rows[0].figures) == (2, "no", {})
    nothing = ranked(tried(None))
    assert (nothing.best, nothing.metrics, improves(nothing)) == (None, (), False)
    assert TrialsReport.parse(found.dumps().encode()) == found


def test_the_table_says_what_varies_and_what_is_better(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    found = ranked(tried(GOOD, POOR, None, recorded=RECORDED, about=frozenset({"mlp"})))
    assert list(table(found)) == [
        "   #  lr   candidate  auroc     ece    time  id",
        "   –  0.1  mlp          0.7    0.05       –  recorded",
        "→  1  0.1  mlp          0.8 ▲  0.06 ▼   2 s  11111111",
        "   2  0.2  mlp          0.6 ▼  0.05 =   2 s  22222222",
        "   3  0.3  stopped: no",
        "→ the best by auroc on validation; no test row was read; ▲ better, ▼ worse than the recorded run, in the "
        "value alone",
    ]


def test_the_table_says_that_rows_are_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    lines = list(table(ranked(tried(trial("33333333", rows="b", mlp={"auroc": 0.99}), recorded=RECORDED))))
    assert lines[-1] == "without a sign: the validation rows are others than those of the recorded run"
    assert "▲" not in lines[2]
    lines = list(table(ranked(tried(GOOD))))
    assert lines[-1] == (
        "→ the best by auroc on validation; no test row was read; no run is recorded to hold them against"
    )


def test_the_signs_have_colours_for_who_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    text = "\n".join(table(ranked(tried(GOOD, POOR, recorded=RECORDED, about=frozenset({"mlp"})))))
    assert "\x1b[32m\x1b[1m▲" in text
    assert "\x1b[31m\x1b[1m▼" in text


def test_no_value_acts_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    values: dict[str, Any] = {"description": "a\x1b[31m\n::error::b"}
    found = ranked(Trials("churn", (Outcome(1, values, GOOD),)))
    assert all("\x1b" not in line and "\n" not in line for line in table(found))
