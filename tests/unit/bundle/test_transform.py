from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops.bundle.transform import Transform
from mlops.errors import DataError
from mlops.stages.tables import transformed
from tests.builders.bundles import make_frame, make_recipe
from tests.builders.rows import json_row

TRAIN = make_frame(200)
TRANSFORMS = [
    Transform.parse(make_recipe(TRAIN)),
    Transform.parse(make_recipe(TRAIN, numeric={"scale": "minmax", "impute": "mean"}, categorical={"at_most": 2})),
    Transform.parse(
        make_recipe(
            TRAIN,
            numeric={"scale": "robust"},
            categorical={"encode": "ordinal", "at_most": 2},
            datetime={"parts": ["year", "month", "day", "weekday", "hour"]},
        )
    ),
]
SCHEMA = {
    "age": pl.Float64,
    "visits": pl.Int64,
    "insured": pl.Boolean,
    "plan": pl.String,
    "joined": pl.Date,
    "seen": pl.Datetime("us"),
}
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "age": st.none() | st.floats(),
            "visits": st.none() | st.integers(-(2**63), 2**63 - 1),
            "insured": st.none() | st.booleans(),
            "plan": st.none() | st.sampled_from(["basic", "plus", "gold", "rare", "other", ""]) | st.text(max_size=5),
            "joined": st.none() | st.dates(),
            "seen": st.none() | st.datetimes(),
        }
    ),
    min_size=1,
    max_size=12,
)


def one(column: str, **value: object) -> np.ndarray:
    """A transform's row for a null row in which one thing is given."""
    rows = [dict.fromkeys(SCHEMA) | {column: value["value"]}]
    return TRANSFORMS[2].apply_rows(rows)[0]


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(rows=ROWS, which=st.sampled_from(TRANSFORMS))
def test_rows_and_frames_give_the_same_bits(rows: list[dict[str, object]], which: Transform) -> None:
    frame = pl.DataFrame(rows, schema=SCHEMA)
    by_rows = which.apply_rows([json_row(row) for row in frame.iter_rows(named=True)])
    by_frame = transformed(which, frame)
    assert by_rows.dtype == by_frame.dtype == np.float32
    assert by_rows.flags.c_contiguous
    assert by_rows.tobytes() == by_frame.tobytes()
    assert np.isfinite(by_frame).all()


@pytest.mark.slow
@settings(max_examples=50, deadline=None)
@given(rows=ROWS, which=st.sampled_from(TRANSFORMS), cut=st.integers(0, 12))
def test_a_row_does_not_depend_on_the_rows_beside_it(rows: list[dict], which: Transform, cut: int) -> None:
    frame = pl.DataFrame(rows, schema=SCHEMA)
    parts = np.concatenate([transformed(which, frame[:cut]), transformed(which, frame[cut:])])
    assert parts.tobytes() == transformed(which, frame).tobytes()


@given(moment=st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)), hours=st.integers(-12, 12))
def test_times_with_an_offset_are_read_in_utc(moment: datetime, hours: int) -> None:
    there = moment.replace(tzinfo=UTC).astimezone(timezone(timedelta(hours=hours)))
    assert one("seen", value=there.isoformat()).tobytes() == one("seen", value=moment.isoformat()).tobytes()


@given(moment=st.datetimes())
def test_parts_of_times_are_those_of_the_calendar(moment: datetime) -> None:
    from mlops.expressions.timestamps import parse_datetime, parts_of

    at = np.array([[parse_datetime(moment.isoformat())]])
    parts = parts_of(at, [(0, part) for part in ("year", "month", "day", "weekday", "hour")])[0].tolist()
    assert parts == [moment.year, moment.month, moment.day, moment.isoweekday(), moment.hour]


def test_an_unseen_category_is_other_and_null_is_its_own() -> None:
    transform = TRANSFORMS[1]
    names = list(transform.features)
    assert [name for name in names if name.startswith("plan")] == [
        "plan=basic",
        "plan=plus",
        "plan is other",
        "plan is null",
    ]
    rows = [dict.fromkeys(SCHEMA) | {"plan": plan} for plan in ("plus", "never seen", None)]
    at = names.index("plan=basic")
    assert transform.apply_rows(rows)[:, at : at + 4].tolist() == [[0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]


def test_an_ordinal_category_counts_other_last_and_null_as_minus_one() -> None:
    at = TRANSFORMS[2].features.index("plan")
    assert [float(one("plan", value=value)[at]) for value in ("basic", "plus", "gold", None)] == [0.0, 1.0, 2.0, -1.0]


def test_numbers_that_float32_cannot_hold_stay_finite() -> None:
    at = TRANSFORMS[0].features.index("age")
    row = dict.fromkeys(SCHEMA) | {"age": 1e308}
    assert TRANSFORMS[0].apply_rows([row])[0, at] == np.finfo(np.float32).max


def test_a_frame_of_other_types_is_refused_with_every_column_named() -> None:
    frame = TRAIN.drop("age").with_columns(
        pl.col("visits").cast(pl.String), joined=pl.lit(date(2020, 1, 1)).cast(pl.String)
    )
    with pytest.raises(DataError) as caught:
        transformed(TRANSFORMS[0], frame)
    assert str(caught.value) == (
        "the table is not what the model reads: `age` is missing; "
        "`visits` is String but must be int; `joined` is String but must be date"
    )


def test_no_rows_become_no_rows() -> None:
    assert transformed(TRANSFORMS[0], TRAIN[:0]).shape == (0, len(TRANSFORMS[0].features))
    assert TRANSFORMS[0].apply_rows([]).shape == (0, len(TRANSFORMS[0].features))


def test_pixels_become_an_image_in_their_order() -> None:
    names = [f"p{index}" for index in range(4)]
    recipe = {
        "schema_version": 1,
        "kind": "image",
        "task": "multiclass",
        "target": {"name": "y", "classes": [0, 1]},
        "columns": [{"name": name, "type": "int", "nullable": False} for name in names],
        "numbers": [{"column": name, "fill": 0.0, "shift": 0.0, "scale": 16.0} for name in names],
        "keep": [0, 1, 2, 3],
        "features": names,
        "shape": [1, 2, 2],
    }
    x = Transform.parse(recipe).apply_rows([dict(zip(names, (0, 4, 8, 16), strict=True))])
    assert x.tolist() == [[[[0.0, 0.25], [0.5, 1.0]]]]


@pytest.mark.parametrize("transform", TRANSFORMS, ids=["scaled", "few levels", "dates"])
def test_many_rows_at_once_are_the_rows_alone(transform: Transform) -> None:
    frame = make_frame(41, seed=3).with_columns(
        age=pl.when(pl.int_range(pl.len()) % 5 == 0).then(None).otherwise("age"),
        plan=pl.when(pl.int_range(pl.len()) == 3).then(pl.lit("new")).otherwise("plan"),
    )
    rows = [json_row(row) for row in frame.select(*SCHEMA).iter_rows(named=True)]
    alone = np.concatenate([transform.apply_rows([row]) for row in rows])
    many = 61  # times 41 rows: more than are transformed in one piece, and no multiple of it
    assert transform.apply_rows(rows * many).tobytes() == np.concatenate([alone] * many).tobytes()
    of_frame = transformed(transform, pl.concat([frame] * many).cast({"visits": pl.Int64}))
    assert of_frame.tobytes() == np.concatenate([alone] * many).tobytes()


def test_a_number_beyond_those_that_single_precision_holds_stays_the_largest_among_many() -> None:
    row = dict.fromkeys(SCHEMA) | {"age": 1e300}
    alone, among = TRANSFORMS[0].apply_rows([row]), TRANSFORMS[0].apply_rows([dict.fromkeys(SCHEMA), row] * 900)
    assert np.isfinite(alone).all()
    assert among[-1].tobytes() == alone[0].tobytes()
