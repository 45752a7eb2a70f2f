"""What becomes of a row of a table is what a server says to the same row, whatever the types of its columns."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops.bundle.model import OnnxModel
from mlops.bundle.predictor import Predictor
from mlops.bundle.recipe import Recipe
from mlops.bundle.schema import Requests, RequestSchema
from mlops.bundle.transform import Transform
from mlops.operations.scoring.rows import answer, spelt
from mlops.serve.invocations import BadRequest
from mlops.serve.invocations import answer as served
from tests.builders.bundles import make_frame, make_model, make_predictor, make_recipe

PREDICTORS = {
    (task, nulls): make_predictor(task, batch="rows", nulls=nulls)
    for task in ("binary", "multiclass", "regression")
    for nulls in ("refuse", "impute")
}
_TIMES = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999_999))
_TEXTS = st.one_of(st.sampled_from(["basic", "plus", "gold", "none", "", "é", "e\u0301"]), st.text(max_size=4))
_FLOATS = st.floats(allow_nan=True, allow_infinity=True)
_WHOLE = st.integers(-(2**63), 2**63 - 1)
COLUMNS: dict[str, tuple[tuple[Any, Any], ...]] = {
    "age": ((pl.Float64, _FLOATS), (pl.Float32, st.floats(width=32)), (pl.Int64, _WHOLE), (pl.Boolean, st.booleans())),
    "visits": (
        (pl.Int64, _WHOLE),
        (pl.UInt64, st.integers(0, 2**64 - 1)),
        (pl.Float64, st.one_of(_FLOATS, st.integers(-9, 9).map(float))),
        (pl.String, st.sampled_from(["7", "7.5", "", "seven"])),
    ),
    "insured": ((pl.Boolean, st.booleans()), (pl.Int8, st.integers(0, 2)), (pl.String, st.sampled_from(["yes", "x"]))),
    "plan": ((pl.String, _TEXTS), (pl.Categorical, _TEXTS), (pl.Int32, st.integers(0, 3))),
    "joined": ((pl.Date, _TIMES.map(datetime.date)), (pl.Datetime("ms"), st.datetimes(datetime(1990, 1, 1)))),
    "seen": (
        (pl.Datetime("us"), _TIMES),
        (pl.Datetime("ms", "Europe/Berlin"), st.datetimes(datetime(1971, 1, 1), datetime(2037, 1, 1))),
        (pl.Datetime("ns"), st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1))),
        (pl.Date, _TIMES.map(datetime.date)),
        (pl.String, st.sampled_from(["2024-05-31T12:00:00", "2024-05-31", "soon"])),
    ),
}


@st.composite
def frames(draw: st.DrawFn) -> pl.DataFrame:
    """A table of at most six rows, each column of a type that a server takes, or one that it does not."""
    rows = draw(st.integers(1, 6))
    made = []
    for name, kinds in COLUMNS.items():
        dtype, values = draw(st.sampled_from(kinds))
        found = draw(st.lists(st.none() | values, min_size=rows, max_size=rows))
        if dtype == pl.Datetime("ms", "Europe/Berlin"):
            found = [None if each is None else each.replace(tzinfo=UTC) for each in found]
        made.append(pl.Series(name, found, dtype=dtype, strict=False))
    return pl.DataFrame(made)


def said(predictor: Predictor, frame: pl.DataFrame) -> tuple[list[Any], dict[int, set[str]]]:
    """Ask a server for the rows: its predictions, and the fields in whose names it refuses rows."""
    # a number that no float holds is what JSON has for infinity
    body = json.dumps({"dataframe_records": spelt(frame)}).replace("Infinity", "1e999").encode()
    try:
        found = json.loads(served(predictor, body))
    except BadRequest as error:
        return [None] * frame.height, {each.row: {each.field} for each in error.problems}
    return found["predictions"], {each["row"]: {each["field"]} for each in found.get("problems", ())}


@settings(max_examples=50, deadline=None)
@given(frame=frames(), which=st.sampled_from(sorted(PREDICTORS)))
def test_scores_are_a_servers_to_the_bit_and_so_are_refusals(frame: pl.DataFrame, which: tuple[str, str]) -> None:
    predictor = PREDICTORS[which]
    found = answer(predictor, frame)
    scores = [None if row in found.refused else value for row, value in enumerate(found.scores.tolist())]
    expected, problems = said(predictor, frame)
    assert scores == expected
    assert set(problems) <= set(found.refused)
    assert {each.row for each in found.problems} == set(problems)


def test_rows_that_are_as_the_model_reads_them_never_go_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    predictor, frame = make_predictor(), make_frame(200, seed=3)

    def never(*_: Any) -> Any:
        raise AssertionError("a row was read by itself")

    whole = predictor.score_rows(spelt(frame.drop("__row__", "y")))
    monkeypatch.setattr(Predictor, "read", never)
    assert np.array_equal(answer(predictor, frame).scores, whole)


def test_a_table_without_rows_has_no_answers() -> None:
    found = answer(make_predictor("multiclass"), make_frame(5).clear())
    assert (found.scores.shape, found.refused) == ((0, 3), {})


@pytest.mark.parametrize("refuse", [True, False])
def test_rows_that_the_model_is_not_for_are_refused_or_counted(refuse: bool) -> None:
    recipe = make_recipe(make_frame()) | {"where": {"expression": "age >= 40", "refuse": refuse}}
    transform = Transform(Recipe.model_validate(recipe))
    schema = RequestSchema.of(transform.recipe, requests=Requests(batch="rows"))
    predictor = Predictor(transform, OnnxModel(make_model(transform.shape)), schema)
    frame = make_frame(100, seed=5)
    outside = [row for row, age in enumerate(frame["age"].to_list()) if age is None or age < 40]
    found = answer(predictor, frame)
    assert (sorted(found.refused), found.outside) == ((outside, 0) if refuse else ([], len(outside)))
    assert set(found.refused.values()) <= {("(unknown)", "outside")}


def test_values_are_spelt_as_json_has_them() -> None:
    frame = pl.DataFrame({"a": [1.5, float("nan")], "b": [date(2024, 5, 31), None], "c": [b"\x00", None]})
    frame = frame.with_columns(d=pl.Series([Decimal("0.10"), None]), e=pl.Series([datetime(2024, 5, 31, 12), None]))
    assert spelt(frame) == [
        {"a": 1.5, "b": "2024-05-31", "c": "AA==", "d": 0.1, "e": "2024-05-31T12:00:00"},
        {"a": None, "b": None, "c": None, "d": None, "e": None},
    ]
