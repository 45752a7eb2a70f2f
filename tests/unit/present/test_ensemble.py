"""What is shown of an ensemble: a row a member, and a sentence that says whether it goes on."""

from __future__ import annotations

from mlops.documents.ensemble import EnsembleReport
from mlops.present.report.ensemble import MemberRow, ensemble

MEMBERS = [
    {
        "name": "linear",
        "kind": "linear",
        "weight": 0.25,
        "score": 0.74,
        "without": 0.751,
        "size": 516,
        "operations": 12,
    },
    {"name": "trees", "kind": "lightgbm", "weight": 0.75, "score": 0.75, "without": 0.74, "size": 41_000},
]
FOUND = EnsembleReport.model_validate(
    {
        "members": MEMBERS,
        "score": 0.7612,
        "apart": 0.7584,
        "best": "trees",
        "best_score": 0.75,
        "alone": 0.7491,
        "draws": 8,
        "size": 41_516,
        "operations": 1_212,
        "better": True,
    }
)


def test_each_member_has_its_weight_and_what_the_others_are_without_it() -> None:
    seen = ensemble(FOUND, "auroc")
    assert seen is not None
    assert seen.rows == (
        MemberRow("linear", "linear", "25%", "0.74", "0.751", "1", "12"),
        MemberRow("trees", "lightgbm", "75%", "0.75", "0.74", "41", "0"),
    )
    assert seen.note == (
        "ensemble of linear 25%, trees 75%: validation AUROC 0.7584 by weights chosen on other rows, better than the"
        " 0.7491 of the best single one chosen likewise. On the rows that chose them it has 0.761 and trees 0.750,"
        " by which they are not judged."
        " 8 draws, 42 kB, about 1,212 operations a row"
    )


def test_why_there_is_none_is_said_and_nothing_where_none_was_asked_for() -> None:
    seen = ensemble(EnsembleReport(why="no member fits the budget"), "auroc")
    assert seen is not None
    assert (seen.note, seen.rows) == ("no ensemble: no member fits the budget", ())
    assert ensemble(None, "auroc") is None


def test_one_that_is_no_better_is_told_so() -> None:
    found = FOUND.model_copy(update={"better": False, "gain_error": 0.0123})
    assert found.sentence("auroc").endswith(
        "not clearly better than the 0.7491 of the best single one chosen likewise"
        " (standard error of the difference 0.012)"
    )
