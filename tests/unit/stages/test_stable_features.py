"""Features that are chosen again and again, and those that no better than shuffled copies tell anything."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError

from mlops.errors import DataError
from mlops.stages.stable_features import frequency, stable
from mlops.transforms.features import Selection
from tests.unit.stages.test_fit_transform import fitted


def correlation(x: np.ndarray, y: np.ndarray, _: str) -> np.ndarray:
    return np.abs(np.corrcoef(x, y, rowvar=False)[-1, :-1])


def asked(**changes: Any) -> Selection:
    return Selection(by="mutual_information", **{"keep": 3, "halves": 20} | changes)


def table() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((600, 12)).astype(np.float32)
    return x, (x[:, 4] + 0.5 * x[:, 7] + 0.5 * rng.standard_normal(600)).astype(np.float32)


def test_what_tells_is_kept_and_what_was_lucky_once_is_not() -> None:
    x, y = table()
    assert stable(x, y, "regression", asked(shadows=True), correlation) == [4, 7]
    assert stable(x, y, "regression", asked(stable=0.9), correlation) == [4, 7]
    share = frequency(x, y, "regression", asked(stable=0.9), correlation)
    assert share[[4, 7]].tolist() == [1.0, 1.0]
    assert share.sum() == pytest.approx(3)


def test_of_noise_shadows_leave_nothing_and_that_is_said() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((400, 8)).astype(np.float32), rng.standard_normal(400)
    with pytest.raises(DataError) as caught:
        stable(x, y, "regression", asked(shadows=True), correlation)
    assert caught.value.message == "features.select: no feature is chosen in 90% of 20 halves of the rows"
    assert caught.value.hint == "write a smaller `stable`, or a larger `keep`, or remove `shadows`"


def test_the_transform_keeps_them_and_says_how() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 200)
    frame = pl.DataFrame({"noise": rng.normal(size=200), "told": y * 1.0, "more": rng.normal(size=200), "y": y})
    recipe, _ = fitted(
        frame, task="binary", select={"by": "mutual_information", "keep": 3, "shadows": True, "halves": 10}
    )
    assert recipe["features"] == ["told"]
    assert recipe["notes"] == [
        "1 of 3 features selected by mutual_information, in at least 90% of 10 halves of the rows,"
        " above every shuffled copy"
    ]


def test_a_shuffled_copy_varies_as_much() -> None:
    with pytest.raises(ValidationError, match="`shadows` needs `by: mutual_information`"):
        Selection(by="variance", keep=3, shadows=True)
    assert Selection(by="variance", keep=3).model_dump() == {"by": "variance", "keep": 3}
