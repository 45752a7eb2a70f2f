from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from mlops.bundle.recipe_items import Target
from mlops.errors import DataError
from mlops.ml.data.encoding import encode


@pytest.mark.parametrize(
    ("values", "classes"),
    [
        ([True, False, True], (False, True)),
        ([1, 0, 1], (0, 1)),
        ([1.0, 0.0, 1.0], (0, 1)),
        (["yes", "no", "yes"], ("no", "yes")),
        (["true", "false", "true"], (False, True)),
        ([2, -1, 2], (-1.0, 2.0)),
    ],
)
def test_a_class_becomes_its_position(values: list[object], classes: tuple[object, ...]) -> None:
    y = encode(Target(name="y", classes=classes), pl.DataFrame({"y": values}))
    assert y.dtype == np.int64
    assert y.tolist() == [1, 0, 1]


def test_a_number_becomes_float64() -> None:
    y = encode(Target(name="y"), pl.DataFrame({"y": [1, 2]}))
    assert y.dtype == np.float64
    assert y.tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("target", "values", "message"),
    [
        (Target(name="z"), [1], "the target `z` is not in the table"),
        (Target(name="y"), [1.0, None], "1 of 2 values of `y` are null or not finite"),
        (Target(name="y"), ["1"], "the target `y` is String but regression needs numbers"),
        (Target(name="y", classes=("a", "b")), ["a", "c", None], "2 of 3 values of `y` are not one of its classes"),
    ],
)
def test_a_target_that_cannot_be_encoded_is_refused(target: Target, values: list[object], message: str) -> None:
    with pytest.raises(DataError) as caught:
        encode(target, pl.DataFrame({"y": values}))
    assert str(caught.value) == message
