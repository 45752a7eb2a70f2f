"""Candidates that read other columns of one table, from `features` to what is served."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from mlops.bundle.contents import Contents
from mlops.bundle.predictor import Predictor
from mlops.bundle.recipe import Recipe
from mlops.errors import DataError
from mlops.stages import features
from mlops.stages.tables import scored
from tests.builders.rows import json_row
from tests.builders.staged import Staged, staged

pytestmark = pytest.mark.slow

FOREST = {"kind": "random_forest", "columns": "native", "trees": 30, "min_leaf": 3}
BOTH = {"forest": FOREST, "linear": {"kind": "linear"}}
COST = {"true_positive": 1.0, "false_positive": -1.0, "false_negative": -2.0, "true_negative": 0.0, "unit": "EUR"}


def table(rows: int = 600) -> pl.DataFrame:
    """A target that rises and falls with a number, and knows by what is missing: trees see it, a line does not."""
    random = np.random.default_rng(0)
    age, gone = random.uniform(-3, 3, rows), random.random(rows) < 0.3
    town = random.choice(["a", "b", "c", None], rows, p=[0.5, 0.3, 0.1, 0.1])
    pull = np.where(gone, 0.7, np.cos(2 * age)) + 0.5 * (town == "b") + random.normal(0, 0.6, rows)
    return pl.DataFrame(
        {
            "age": [None if blank else float(value) for value, blank in zip(age, gone, strict=True)],
            "town": town.tolist(),
            "rooms": random.integers(1, 6, rows),
            "y": pull > 0.4,
        }
    )


def native(folder: Path, candidates: dict[str, Any] | None = None, **changes: Any) -> Staged:
    asked = {"features": {"groups": ["codes", "numbers"]}, "train": {"candidates": candidates or BOTH}}
    merged = {stage: asked.get(stage, {}) | changes.get(stage, {}) for stage in asked.keys() | changes.keys()}
    return staged(folder, table(), "binary", **merged)


def predictor_of(done: Staged) -> Predictor:
    return Predictor.load(Contents.read(done.folder / "artifacts/bundle"))


def rows_of(frame: pl.DataFrame, predictor: Predictor) -> list[dict[str, Any]]:
    names = [field.name for field in predictor.schema.fields]
    return [json_row(row) for row in frame.select(names).iter_rows(named=True)]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"train": {"refit": ["forest", "linear"]}, "bundle": {"cost": COST}, "evaluate": {"cost": COST}},
        {"split": {"folds": 3}},
        {"train": {"objective": {"calibrate": "temperature", "class_weight": "balanced"}}},
        {"features": {"select": {"by": "mutual_information", "keep": 3}}},
    ],
    ids=["plain", "refit", "folds", "objective", "select"],
)
def test_what_the_chosen_model_does_not_read_is_not_served(tmp_path: Path, changes: dict[str, Any]) -> None:
    done = native(tmp_path, **changes)
    made = Recipe.parse((done.folder / "artifacts/features/transform.json").read_bytes())
    assert made.groups().names == ("scaled", "onehot", "codes", "numbers")
    assert done.report("training")["chosen"] == "forest"
    predictor = predictor_of(done)
    served = predictor.transform.recipe
    assert served.groups().names == ("codes", "numbers")
    assert predictor.model.shape == (served.groups().width,)
    described = json.loads((done.folder / "artifacts/bundle/model.json").read_bytes())
    assert (described["groups"], described["input"]) == (["codes", "numbers"], [served.groups().width])
    test = pl.read_parquet(done.folder / "artifacts/split/test.parquet")
    answers = predictor.predict_rows(rows_of(test, predictor))
    assert answers.tobytes() == scored(predictor, test).tobytes()
    blank = [dict.fromkeys(field.name for field in predictor.schema.fields) | {"rooms": 3, "town": "never seen"}]
    assert np.isfinite(predictor.predict_rows(blank)).all()


def test_the_baselines_see_what_they_saw_before(tmp_path: Path) -> None:
    usual = staged(tmp_path / "usual", table(), "binary")
    other = native(tmp_path / "native")
    before, after = (each.report("metrics") for each in (usual, other))
    assert {name: before["models"][name] for name in ("dummy", "simple")} == {
        name: after["models"][name] for name in ("dummy", "simple")
    }


def test_a_pipeline_that_asks_for_nothing_has_the_bytes_it_had(tmp_path: Path) -> None:
    """A candidate that reads other columns leaves those beside it as they were: the same graph, the same transform."""
    alone = staged(tmp_path / "alone", table(), "binary", train={"candidates": {"linear": {"kind": "linear"}}})
    beside = native(tmp_path / "beside", {"linear": {"kind": "linear"}})
    files = [Contents.read(each.folder / "artifacts/bundle").files for each in (alone, beside)]
    for name in ("model.onnx", "transform.json", "schema.json", "golden.json"):
        assert files[0][name] == files[1][name], name


def test_scores_are_explained_by_columns_of_the_table(tmp_path: Path) -> None:
    pytest.importorskip("shap")
    done = native(tmp_path, train={"explain": {"sample": 50, "key": None, "rows": []}})
    report = done.report("explanations")
    assert (report["candidate"], report["method"]) == ("forest", "SHAP")
    assert [each["column"] for each in report["columns"]] == ["age", "town", "rooms"]


def test_a_gap_in_what_is_filled_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        features._refuse_infinite(tmp_path / "train_x.npy", np.array([[np.nan, 1.0]], dtype=np.float32), missing=[1])
    assert error.value.message == "train_x.npy would hold numbers that are not finite"
    with pytest.raises(DataError):
        features._refuse_infinite(tmp_path / "train_x.npy", np.array([[0.0, np.inf]], dtype=np.float32), missing=[1])
    features._refuse_infinite(tmp_path / "train_x.npy", np.array([[0.0, np.nan]], dtype=np.float32), missing=[1])
