"""What the page and the card say of folds: who was judged, what is served."""

from __future__ import annotations

from mlops.documents.split import SplitReport
from mlops.present.card import card
from mlops.present.report import origins
from mlops.present.report.about import UNKNOWN

FOLDS = SplitReport.model_validate(
    {"by": "stratified", "folds": 5, "parts": {f"fold {number}": {"rows": 80} for number in range(1, 6)}}
)


def test_the_page_says_which_models_were_judged() -> None:
    assert origins.note(FOLDS) == (
        "each of 5 members learnt from 3 folds and was stopped by one; "
        "judged: single members, each on the rows that it has not seen; served: their mean"
    )
    assert origins.note(SplitReport(by="random")) == ""


def test_folds_are_listed_in_their_order() -> None:
    many = FOLDS.model_copy(update={"parts": {f"fold {n}": part for n, part in enumerate(FOLDS.parts.values(), 7)}})
    assert [part.name for part in origins.parts(many, UNKNOWN)] == [f"fold {number}" for number in range(7, 12)]


def test_the_card_says_which_models_were_judged() -> None:
    text = card.write(card.Evidence("churn", "binary", split=FOLDS))
    assert (
        "- All 400 rows, in 5 folds of the split by stratified; "
        "judged: single members, each on the rows that it has not seen; served: their mean\n"
    ) in text
    assert "- Each member trained on 3 of 5 folds, chosen on one; their transform saw no target\n" in text
