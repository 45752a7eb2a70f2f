"""Origins of a backtest, as the report shows them."""

from __future__ import annotations

from mlops.documents.training import TrainingReport
from mlops.present.report.backtest import OriginRow, backtest


def report(**walked: object) -> TrainingReport:
    return TrainingReport.model_validate(
        {
            "select_by": "auroc",
            "backtest": {
                "1000": {"known": 900, "rows": 250, "candidate": {"auroc": 0.8}, "persistence": {"auroc": 0.6}},
                "750": {"known": 650, "rows": 250, "candidate": {"auroc": 0.75}, "persistence": {"auroc": None}},
            },
            "walked": {"metric": "auroc", "origins": 2, "mean": 0.775, "low": 0.7, "high": 0.85, **walked},
        }
    )


def test_each_origin_has_a_line_in_order_of_time_with_what_needs_no_model_beside() -> None:
    seen = backtest(report())
    assert seen is not None
    assert (seen.metric, seen.models) == ("AUROC", ("candidate", "persistence"))
    assert seen.rows == (
        OriginRow("750", "650", "250", ("0.750", "–")),
        OriginRow("1000", "900", "250", ("0.800", "0.600")),
    )


def test_the_note_says_how_it_learnt_and_what_was_left_out() -> None:
    seen = backtest(report(gap=7, sliding=90))
    assert seen is not None
    assert seen.note == (
        "learnt again at 2 origins, from the last 90 periods before each, a gap of 7 left out: "
        "auroc 0.775 [0.700, 0.850] on the rows that follow"
    )


def test_a_forecast_has_its_origins_too() -> None:
    origin = {"known": 100, "rows": 7, "candidate": {"mae": 2.0}, "seasonal": {"mae": 3.0}}
    seen = backtest(TrainingReport.model_validate({"backtest": {"2024-01-07": origin}}))
    assert seen is not None
    assert (seen.metric, seen.models, seen.note) == ("Mean absolute error", ("candidate", "seasonal"), "")


def test_nothing_is_shown_where_nothing_went_back() -> None:
    assert backtest(TrainingReport()) is None
