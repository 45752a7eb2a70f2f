from __future__ import annotations

from datetime import date, datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops.bundle.golden import Golden
from mlops.bundle.predictor import Predictor
from mlops.documents.profile import ColumnProfile, Profile, ScoreProfile
from mlops.errors import IntegrityError
from mlops.stages.golden_rows import make
from mlops.stages.profile import profile
from mlops.stages.tables import scored
from tests.builders.bundles import golden_of, make_frame, make_predictor


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_golden_rows_are_spread_and_hold_nulls(task: str) -> None:
    predictor = make_predictor(task)
    golden = golden_of(predictor, 8)
    columns = {name: [row[name] for row in golden.rows] for name in golden.rows[0]}
    assert len(golden.rows) == 8
    assert [name for name, values in columns.items() if None in values] == ["age", "plan", "seen"]
    assert all(len({str(value) for value in columns[name]}) >= 6 for name in ("age", "visits", "joined", "seen"))
    assert set(columns["insured"]) == {True, False}
    assert golden == Golden.parse(golden.dumps().encode()) == golden_of(predictor, 8)
    golden.check(predictor)


def test_values_are_of_the_type_that_a_request_has() -> None:
    row = golden_of(make_predictor(), 1).rows[0]
    assert {name: type(value) for name, value in row.items()} == {
        "age": float,
        "visits": int,
        "insured": bool,
        "plan": str,
        "joined": str,
        "seen": str,
    }
    assert date.fromisoformat(row["joined"]) < date(2024, 1, 1)
    assert datetime.fromisoformat(row["seen"]).microsecond == 0


def test_no_golden_row_is_a_row_of_the_data() -> None:
    frame, predictor = make_frame(), make_predictor()
    described = profile(frame, predictor.transform.recipe, scored(predictor, frame))
    names = [field.name for field in predictor.schema.fields]
    known = {str(row) for row in frame.select(names).with_columns(pl.col(pl.Date, pl.Datetime).cast(pl.String)).rows()}
    assert not known & {str(tuple(row.values())) for row in make(predictor, described, 60).rows}


def test_other_rows_with_the_same_profile_make_the_same_golden_rows() -> None:
    frame, predictor = make_frame(), make_predictor()
    described = profile(frame, predictor.transform.recipe, scored(predictor, frame))
    shuffled = frame.sample(fraction=1.0, shuffle=True, seed=3)
    again = profile(shuffled, predictor.transform.recipe, scored(predictor, shuffled))
    assert make(predictor, described, 16) == make(predictor, again, 16)


def test_where_nulls_are_imputed_every_column_has_one() -> None:
    golden = golden_of(make_predictor(nulls="impute"), 16)
    assert all(any(row[name] is None for row in golden.rows) for name in golden.rows[0])


NAMES = ("age", "visits", "insured", "plan", "joined", "seen")
PROFILE = Profile(
    rows=0, columns={name: ColumnProfile(type="", nulls=0.0) for name in NAMES}, scores=ScoreProfile(distinct=0)
)


def test_columns_that_held_nothing_get_a_plain_value() -> None:
    golden = make(make_predictor(), PROFILE, 1)
    assert golden.rows == (
        {
            "age": 0.0,
            "visits": 0,
            "insured": False,
            "plan": "",
            "joined": "2000-01-01",
            "seen": "2000-01-01T00:00:00",
        },
    )


@pytest.mark.slow
@given(
    count=st.integers(1, 40),
    quantiles=st.lists(st.floats(-1e12, 1e12), min_size=21, max_size=21).map(sorted),
    values=st.lists(st.integers(-100, 100).map(float), min_size=1, max_size=20, unique=True).map(sorted),
    levels=st.lists(st.text(min_size=1, max_size=4), max_size=5, unique=True),
)
@settings(max_examples=60, deadline=None)
def test_rows_of_any_profile_are_accepted_and_replayed(
    count: int, quantiles: list[float], values: list[float], levels: list[str]
) -> None:
    changes = {
        "age": {"quantiles": tuple(quantiles), "edges": (), "shares": ()},
        "visits": {"quantiles": tuple(quantiles), "values": tuple(values)},
        "plan": {"frequencies": dict.fromkeys(levels, 0.1)},
        "joined": {"minimum": "1900-01-01", "maximum": "2100-12-31"},
    }
    described = {name: column.model_copy(update=changes.get(name, {})) for name, column in PROFILE.columns.items()}
    predictor = _predictor()
    golden = make(predictor, PROFILE.model_copy(update={"columns": described}), count)
    assert len(golden.rows) == len(golden.scores) == count
    Golden.parse(golden.dumps().encode()).check(predictor)
    assert all(quantiles[0] <= row["age"] <= quantiles[-1] for row in golden.rows if _exact(row["age"], quantiles))


def _predictor(known: list[Predictor] = []) -> Predictor:  # noqa: B006 (made once for all examples)
    if not known:
        known.append(make_predictor())
    return known[0]


def _exact(value: float | None, quantiles: list[float]) -> bool:
    """Whether a value is far enough from the ends that six digits do not carry it over them."""
    span = max(abs(quantiles[0]), abs(quantiles[-1])) * 1e-5
    return value is not None and min(abs(value - quantiles[0]), abs(value - quantiles[-1])) > span


def test_one_other_last_bit_is_refused_unless_tolerated() -> None:
    predictor = make_predictor()
    golden = golden_of(predictor, 4)
    off = float(np.nextafter(np.float32(golden.scores[0]), np.float32(2)))
    other = Golden(golden.rows, (off, *golden.scores[1:]))
    with pytest.raises(IntegrityError, match=r"^1 of 4 golden rows score otherwise than when the bundle was made"):
        other.check(predictor)
    other.check(predictor, tolerance=1e-6)


def test_golden_rows_of_another_schema_or_shape_are_refused() -> None:
    predictor = make_predictor()
    golden = golden_of(predictor, 2)
    with pytest.raises(IntegrityError, match="refuses its own golden rows"):
        Golden(({"x": 1},), (0.5,)).check(predictor)
    with pytest.raises(IntegrityError, match="scores of another shape"):
        Golden(golden.rows, ([0.5, 0.5], [0.5, 0.5])).check(predictor)
    with pytest.raises(IntegrityError, match="not one score for each row"):
        Golden.parse(b'{"rows": [{}], "scores": []}')
    with pytest.raises(IntegrityError, match="not one score for each row"):
        Golden.parse(b'{"rows": [], "scores": []}')
    with pytest.raises(IntegrityError, match="does not hold golden rows"):
        Golden.parse(b"[]")
