from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from mlops.bundle.model import OnnxModel
from mlops.bundle.predictor import Predictor
from mlops.bundle.schema import RequestSchema
from mlops.errors import DataError, IntegrityError
from mlops.stages.tables import scored
from tests.builders.bundles import make_bundle, make_frame, make_model, make_predictor
from tests.builders.rows import json_row

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(("task", "shape"), [("binary", (40,)), ("multiclass", (40, 3)), ("regression", (40,))])
def test_frames_rows_and_single_rows_get_the_same_bits(task: str, shape: tuple[int, ...], tmp_path: Path) -> None:
    predictor = Predictor.open(make_bundle(tmp_path / "bundle", task))
    frame = make_frame(40, task, seed=4)
    names = [field.name for field in predictor.schema.fields]
    rows = [json_row(row) for row in frame.select(names).iter_rows(named=True)]
    scores = scored(predictor, frame)
    assert scores.shape == shape
    assert scores.dtype == np.float32
    assert predictor.predict_rows(rows).tobytes() == scores.tobytes()
    assert np.concatenate([predictor.predict_rows([row]) for row in rows]).tobytes() == scores.tobytes()


def test_in_memory_and_from_a_bundle_it_predicts_alike(tmp_path: Path) -> None:
    opened, frame = Predictor.open(make_bundle(tmp_path / "bundle")), make_frame(20, seed=5)
    assert scored(opened, frame).tobytes() == scored(make_predictor(), frame).tobytes()
    assert (opened.task, opened.classes) == ("binary", (False, True))


def test_a_model_of_another_width_is_refused() -> None:
    predictor = make_predictor()
    with pytest.raises(IntegrityError, match=r"^the model reads \[3\] but the transform makes \[15\]$"):
        Predictor(predictor.transform, OnnxModel(make_model((3,))), predictor.schema)
    with pytest.raises(IntegrityError, match="the request schema and the transform name other columns"):
        Predictor(predictor.transform, predictor.model, RequestSchema(fields=predictor.schema.fields[1:]))


def test_rows_are_checked_before_they_are_scored() -> None:
    with pytest.raises(DataError, match="row 0, field `age`: is missing"):
        make_predictor().predict_rows([{}])
