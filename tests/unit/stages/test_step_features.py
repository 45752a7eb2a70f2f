from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from mlops.bundle.transform import Transform
from mlops.files.canonical import digest_file
from mlops.stages import tables
from mlops.stages.context import StageContext
from mlops.stages.features import run
from mlops.stages.tables import transformed
from tests.builders.bundles import make_pipeline

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from pathlib import Path

PARAMS = {
    "task": "binary",
    "target": "y",
    "kind": "tabular",
    "numeric": {"impute": "median", "scale": "standard", "indicator": True},
    "categorical": {"encode": "one_hot", "at_most": 32},
    "datetime": {"parts": ["year", "month", "weekday"]},
    "drop": [],
    "select": None,
    "image": None,
    "code": "sha256:0",
    "libraries": {"numpy": "2"},
}


def context(folder: Path, **params: object) -> StageContext:
    return StageContext(folder, "tiny", "features", PARAMS | params)


def test_the_arrays_are_what_the_transform_makes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_pipeline(tmp_path / "tiny")
    run(context(folder))
    made = folder / "artifacts/features"
    assert sorted(path.name for path in made.iterdir()) == [
        "train_x.npy",
        "train_y.npy",
        "transform.json",
        "validation_x.npy",
        "validation_y.npy",
    ]
    transform = Transform.read(made / "transform.json")
    for part in ("train", "validation"):
        x, y = (np.load(made / f"{part}_{axis}.npy", allow_pickle=False) for axis in "xy")
        frame = pl.read_parquet(folder / f"artifacts/split/{part}.parquet")
        assert x.dtype == np.float32
        assert y.dtype == np.int64
        assert x.flags.c_contiguous
        assert x.tobytes() == transformed(transform, frame).tobytes()
        assert y.tolist() == frame["y"].cast(pl.Int64).to_list()
    assert capsys.readouterr().err == "features: 15 features from 6 columns, 60 rows\n"


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    digests = []
    for name in ("one", "other"):
        run(context(make_pipeline(tmp_path / name)))
        made = sorted((tmp_path / name / "artifacts/features").iterdir())
        digests.append([(path.name, digest_file(path)) for path in made])
    assert digests[0] == digests[1]


@settings(deadline=None, max_examples=20)
@given(block=st.integers(1, 70))
def test_some_rows_at_a_time_give_the_bytes_of_all_at_once(tiny: Path, block: int) -> None:
    train = pl.read_parquet(tiny / "artifacts/split/train.parquet")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tables, "_BLOCK", block)
        run(context(tiny))
        made = tiny / "artifacts/features"
        whole = io.BytesIO()
        patched.setattr(tables, "_BLOCK", train.height)
        np.save(whole, transformed(Transform.read(made / "transform.json"), train), allow_pickle=False)
    assert (made / "train_x.npy").read_bytes() == whole.getvalue()
    assert (made / "transform.json").read_bytes() == (tiny / "whole.json").read_bytes()


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a pipeline, and the transform that was learnt of all rows at once."""
    folder = make_pipeline(tmp_path_factory.mktemp("blocks") / "tiny")
    run(context(folder))
    (folder / "whole.json").write_bytes((folder / "artifacts/features/transform.json").read_bytes())
    return folder


def test_a_regression_target_is_float64(tmp_path: Path) -> None:
    folder = make_pipeline(tmp_path / "tiny", task="regression")
    run(context(folder, task="regression"))
    assert np.load(folder / "artifacts/features/train_y.npy").dtype == np.float64


def test_an_unknown_key_of_the_section_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        run(context(tmp_path, numerics={}))
