"""Which pictures a report shows: none that nobody declared public, the worst first, twelve at most."""

from __future__ import annotations

import json
from base64 import b64decode

import numpy as np
import polars as pl
import pytest

from mlops.bundle.recipe import Recipe
from mlops.documents.metrics import MOST_PICTURES, MetricsReport, Pictures
from mlops.ml.evaluation.predictions import Predictions
from mlops.pictures.decoding import decode
from mlops.present.report.about import About
from mlops.present.report.pictures import pictures
from mlops.stages import worst_pictures
from mlops.stages.declare.registry import DECLARED

SHAPE = (1, 2, 2)
RECIPE = Recipe.model_validate(
    {
        "schema_version": 2,
        "kind": "tabular",
        "task": "binary",
        "target": {"name": "y", "classes": [False, True]},
        "columns": [{"name": "photo", "type": "image", "nullable": True}],
        "pictures": [{"column": "photo", "shape": list(SHAPE), "scale": 255, "shift": [0], "spread": [1]}],
    }
)


def predictions(scores: list[float], target: list[float], task: str = "binary", **more: object) -> Predictions:
    score = np.array(scores)
    known = np.array(target, dtype=np.float64 if task == "regression" else np.int64)
    classes = () if task == "regression" else ("cat", "dog")
    rows = np.arange(len(known)) * 10
    return Predictions(task, rows, known, {"candidate": score}, {}, classes=classes, **more)  # type: ignore[arg-type]


def shown_rows(rows: int, without: tuple[int, ...] = ()) -> pl.DataFrame:
    pixels = [None if row in without else bytes([row] * 4) for row in range(rows)]
    return pl.DataFrame({"photo": pl.Series(pixels, dtype=pl.Binary)})


def rows_of(found: tuple[Pictures, ...]) -> list[int]:
    """Tell rows by their pixels."""
    return [decode(b64decode(each.png), SHAPE).pixels[0] for each in found[0].shown]


def test_those_are_shown_that_it_is_most_wrong_about() -> None:
    said = predictions([0.9, 0.2, 0.99, 0.4, 0.6], [0, 0, 0, 1, 1])
    found = worst_pictures.look({"photo": True}, RECIPE, shown_rows(5), said)
    assert rows_of(found) == [2, 0, 3]
    assert [(each.target, each.answer, each.probability) for each in found[0].shown] == [
        (0, 1, pytest.approx(0.01)),
        (0, 1, pytest.approx(0.1)),
        (1, 0, pytest.approx(0.4)),
    ]
    assert (found[0].public, found[0].wrong) == (True, 3)


def test_where_nobody_said_that_they_are_public_none_is_there_and_the_report_says_how() -> None:
    said = predictions([0.9, 0.2], [0, 1])
    found = worst_pictures.look({"photo": False}, RECIPE, shown_rows(2), said)
    assert found == (Pictures(column="photo", public=False, wrong=2, shown=()),)
    assert "iVBORw0KGgo" not in MetricsReport(pictures=found).dumps()
    (section,) = pictures(MetricsReport(pictures=found), About())
    assert section.sentence == (
        "No picture is shown: `images: {photo: {public: true}}` under `data:` says that whoever sees this report may "
        "see them"
    )


def test_twelve_at_most_and_rows_without_a_picture_are_passed_over() -> None:
    said = predictions([0.9] * 40, [0] * 40)
    found = worst_pictures.look({"photo": True}, RECIPE, shown_rows(40, without=(1, 3)), said)
    assert rows_of(found) == [0, 2, *range(4, 14)]
    assert len(found[0].shown) == MOST_PICTURES


def test_a_column_that_the_model_does_not_read_has_no_part() -> None:
    said = predictions([0.9], [0])
    assert worst_pictures.look({"other": True}, RECIPE, shown_rows(1), said) == ()


def test_decisions_count_where_they_are_not_the_likeliest() -> None:
    said = predictions([0.3, 0.3], [0, 1], decisions={"candidate": np.array([1, 1])})
    assert rows_of(worst_pictures.look({"photo": True}, RECIPE, shown_rows(2), said)) == [0]


def test_of_numbers_the_widest_gaps_are_shown() -> None:
    said = predictions([1.0, 5.0, 2.0], [1.0, 2.0, 3.0], "regression")
    found = worst_pictures.look({"photo": True}, RECIPE, shown_rows(3), said)
    assert rows_of(found) == [1, 2]
    (section,) = pictures(MetricsReport(pictures=found), About())
    assert [(each.caption, each.note) for each in section.shown] == [("5.00, truly 2.00", ""), ("2.00, truly 3.00", "")]


def test_a_caption_has_classes_as_the_page_calls_them() -> None:
    said = predictions([0.9, 0.1], [0, 0])
    found = worst_pictures.look({"photo": True}, RECIPE, shown_rows(2), said)
    report = MetricsReport(classes=("cat", "dog"), pictures=found)
    (section,) = pictures(MetricsReport.parse(report.dumps().encode()), About(target="y", labels={"y": {"cat": "Cat"}}))
    assert [(each.caption, each.note) for each in section.shown] == [("dog, truly Cat", "Cat: 0.100")]
    assert section.sentence == "1 of 1 test rows that are decided wrongly, the worst first"


@pytest.mark.parametrize("png", ["javascript:alert(1)", '"><script>', "iVBORw0KGgo" + "A" * 20_000, "R0lGODlh"])
def test_a_document_that_holds_something_else_for_a_picture_is_none(png: str) -> None:
    text = MetricsReport(pictures=(Pictures(column="photo", public=True, wrong=1),)).dumps()
    planted = text.replace(
        '"public"', f'"shown": [{{"png": {json.dumps(png)}, "target": 1, "answer": 0}}], "public"', 1
    )
    with pytest.raises(ValueError, match="shown"):
        MetricsReport.parse(planted.encode())


def test_only_evaluate_is_made_of_what_may_be_shown() -> None:
    key = ("data", "images", "photo", "public")
    assert [stage.name for stage in DECLARED if stage.made_of(key)] == ["evaluate"]
