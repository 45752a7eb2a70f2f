from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from mlops.bundle.model import OnnxModel
from mlops.bundle.predictor import Predictor
from mlops.bundle.schema import RequestSchema
from mlops.errors import DataError, IntegrityError
from mlops.steps.golden_rows import json_row
from mlops.steps.tables import scored
from tests.builders.bundles import make_bundle, make_frame, make_model, make_predictor

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


def test_assembled_and_packaged_predict_alike(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle")
    frame = make_frame(20, seed=5)
    assembled = Predictor.assemble(bundle / "transform.json", bundle)
    assert scored(assembled, frame).tobytes() == scored(Predictor.open(bundle), frame).tobytes()
    assert assembled.task == "binary"
    assert assembled.classes == (False, True)


def test_a_model_of_another_width_is_refused() -> None:
    predictor = make_predictor()
    with pytest.raises(IntegrityError, match=r"^the model reads \[3\] but the transform makes \[15\]$"):
        Predictor(predictor.transform, OnnxModel(make_model((3,))), predictor.schema)
    with pytest.raises(IntegrityError, match="the request schema and the transform name other columns"):
        Predictor(predictor.transform, predictor.model, RequestSchema(fields=predictor.schema.fields[1:]))


def test_rows_are_checked_before_they_are_scored() -> None:
    with pytest.raises(DataError, match="row 0, field `age`: is missing"):
        make_predictor().predict_rows([{}])
