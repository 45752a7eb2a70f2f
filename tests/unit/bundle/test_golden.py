from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from mlops.bundle.golden import Golden
from mlops.errors import DataError, IntegrityError
from mlops.steps.golden_rows import choose
from mlops.steps.tables import scored
from tests.builders.bundles import make_frame, make_predictor


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_golden_rows_are_spread_and_hold_a_null(task: str) -> None:
    predictor, frame = make_predictor(task), make_frame(200, task, seed=6)
    scores = scored(predictor, frame)
    golden = choose(predictor, frame, scores, 8)
    assert len(golden.rows) == 8
    assert any(None in row.values() for row in golden.rows)
    if task == "regression":
        assert {float(scores.min()), float(scores.max())} <= set(golden.scores)
    assert golden == Golden.parse(golden.dumps().encode())
    assert golden == choose(predictor, frame, scores, 8)
    golden.check(predictor)


def test_a_null_row_is_added_when_the_spread_has_none() -> None:
    predictor, frame = make_predictor(), make_frame(200, seed=6)
    scores = scored(predictor, frame)
    assert any(None in row.values() for row in choose(predictor, frame, scores, 1).rows)


def test_fewer_rows_than_asked_for_are_all_golden() -> None:
    predictor, frame = make_predictor(), make_frame(3)
    assert len(choose(predictor, frame, scored(predictor, frame), 16).rows) == 3


def test_one_other_last_bit_is_refused_unless_tolerated() -> None:
    predictor, frame = make_predictor(), make_frame(20)
    golden = choose(predictor, frame, scored(predictor, frame), 4)
    off = float(np.nextafter(np.float32(golden.scores[0]), np.float32(2)))
    other = Golden(golden.rows, (off, *golden.scores[1:]))
    with pytest.raises(IntegrityError, match=r"^1 of 4 golden rows score otherwise than when the bundle was made"):
        other.check(predictor)
    other.check(predictor, tolerance=1e-6)


def test_golden_rows_of_another_schema_or_shape_are_refused() -> None:
    predictor, frame = make_predictor(), make_frame(20)
    golden = choose(predictor, frame, scored(predictor, frame), 2)
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


def test_rows_that_no_request_may_hold_are_not_golden() -> None:
    predictor, frame = make_predictor(), make_frame(20).with_columns(visits=None)
    with pytest.raises(DataError, match="no test row could be sent as a request"):
        choose(predictor, frame, scored(predictor, frame), 4)
    half = pl.concat([make_frame(20), frame.cast({"visits": pl.Int64})])
    chosen = choose(predictor, half, scored(predictor, half), 40)
    assert len(chosen.rows) == 20
    chosen.check(predictor)
