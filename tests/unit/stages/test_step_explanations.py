from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from mlops.blocks.examine import Attributed
from mlops.bundle.transform import Transform
from mlops.errors import DataError
from mlops.ml.data.encoding import encode
from mlops.ml.training import candidates
from mlops.ml.training.asked import Asked
from mlops.ml.training.problem import Examples, Problem
from mlops.stages import explanations
from mlops.stages.context import StageContext
from mlops.stages.tables import transformed
from tests.builders.bundles import make_pipeline
from tests.builders.training import NOWHERE, session

pytestmark = pytest.mark.slow


def fitted(tmp_path: Path) -> tuple[StageContext, Any]:
    folder = make_pipeline(tmp_path / "pipelines/tiny")
    transform = Transform.read(folder / "artifacts/features/transform.json")
    parts = [pl.read_parquet(folder / f"artifacts/split/{part}.parquet") for part in ("train", "validation")]
    target = transform.recipe.target
    arrays = [array for part in parts for array in (transformed(transform, part), encode(target, part))]
    np.save(folder / "artifacts/features/train_x.npy", arrays[0])
    examples = Examples(*arrays)
    model = candidates.build("linear", Asked(kind="linear"), Problem.of("binary", examples), NOWHERE).fit(
        examples, session()
    )
    return StageContext(folder, "tiny", "train"), model


def written(context: StageContext, model: Any, **asked: Any) -> dict[str, Any]:
    section = {"sample": 50, "key": None, "rows": ()} | asked
    explanations.write(context, Attributed.model_validate(section), "linear", model)
    document: dict[str, Any] = json.loads(context.path("reports/explanations.json").read_bytes())
    return document


def test_shares_are_told_by_raw_column_and_add_up_for_named_rows(tmp_path: Path) -> None:
    context, model = fitted(tmp_path)
    for name in ("train", "validation"):  # row numbers are unique over the parts of a real split
        path = context.path(f"artifacts/split/{name}.parquet")
        offset = {"train": 100, "validation": 200}[name]
        pl.read_parquet(path).with_columns(pl.col("__row__") + offset).write_parquet(path)
    document = written(context, model, rows=(3, 105, 201))
    assert (document["candidate"], document["method"], document["unit"]) == ("linear", "linear SHAP", "log-odds")
    assert document["sample"] == 30, "all of validation, which has fewer than were asked for"
    columns = ["age", "insured", "joined", "plan", "seen", "visits"]
    assert sorted(item["column"] for item in document["columns"]) == columns
    sizes = [item["value"] for item in document["columns"]]
    assert sizes == sorted(sizes, reverse=True)
    assert [row["row"] for row in document["rows"]] == [3, 105, 201]
    for row in document["rows"]:
        assert sorted(row["columns"]) == columns
        assert sum(row["columns"].values()) == pytest.approx(row["output"] - row["base"], abs=1e-4)


def test_a_row_that_is_not_there_is_named(tmp_path: Path) -> None:
    context, model = fitted(tmp_path)
    with pytest.raises(DataError, match="no single row where `__row__` is 900, x"):
        written(context, model, rows=(900, "x"))
    with pytest.raises(DataError, match="the rows have no column `customer`"):
        written(context, model, key="customer", rows=(1,))
