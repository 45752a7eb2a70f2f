"""A column of sampling weights, from the table to the gate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from mlops.bundle.predictor import Predictor
from mlops.errors import DataError
from mlops.ml.evaluation.predictions import Predictions
from mlops.stages import evaluate, validate
from mlops.stages.context import StageContext
from tests.builders.staged import Staged, staged
from tests.unit.stages.test_step_validate import Pipeline, table

pytestmark = pytest.mark.slow


def sampled(rows: int = 1500) -> pl.DataFrame:
    """A population of which the positive rows were drawn four times as often as the others."""
    draw = np.random.default_rng(0)
    x = draw.normal(size=(rows * 4, 2))
    y = (x[:, 0] - 1 + 0.7 * draw.normal(size=len(x)) > 0).astype(int)
    kept = np.flatnonzero(draw.random(len(x)) < np.where(y == 1, 0.8, 0.2))
    frame = pl.DataFrame({"a": x[:, 0], "b": x[:, 1], "w": np.where(y == 1, 1.25, 5.0), "y": y})
    return frame[kept]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return staged(tmp_path_factory.mktemp("weighed"), sampled(), "binary", "w")


def test_weights_reach_every_figure_and_give_the_population_back(done: Staged) -> None:
    found = Predictions.read(done.folder / "artifacts/evaluation/predictions.parquet")
    assert found.weights is not None
    assert found.weights.mean() == pytest.approx(1)
    report = done.report("metrics")
    assert report["weighted"]["column"] == "w"
    assert report["weighted"]["effective"] == pytest.approx(found.size(), abs=1)
    assert report["weighted"]["design_effect"] == pytest.approx(len(found) / found.size(), rel=0.01)
    positive = np.average(found.target, weights=found.weights)
    assert found.target.mean() > positive + 0.15
    assert found.scores["dummy"][0] == pytest.approx(positive, abs=0.04)
    assert np.average(found.score, weights=found.weights) == pytest.approx(positive, abs=0.06)


def test_the_weight_is_neither_a_feature_nor_asked_of_requests(done: Staged) -> None:
    predictor = Predictor.open(done.folder / "artifacts/bundle")
    assert [column.name for column in predictor.transform.recipe.columns] == ["a", "b"]
    assert [field.name for field in predictor.schema.fields] == ["a", "b"]
    roles = {column.name: column.role for column in done.context("split").schema().columns}
    assert roles == {"a": "feature", "b": "feature", "w": "weight", "y": "target"}


def test_a_factor_of_all_weights_changes_nothing_that_is_written(done: Staged, tmp_path: Path) -> None:
    other = staged(tmp_path, sampled().with_columns(pl.col("w") * 8), "binary", "w")  # 8 keeps the last bits
    ours, theirs = ({**each.report("metrics"), "inputs": None} for each in (other, done))
    assert ours == theirs  # the digest of the bundle among them


def test_thresholds_are_learnt_from_weighted_rows(done: Staged, tmp_path: Path) -> None:
    cost = {"false_positive": -1.0, "false_negative": -1.0}
    weighed = staged(tmp_path, sampled(), "binary", "w", bundle={"cost": cost, "weight": "w"}, evaluate={"cost": cost})
    said = weighed.report("metrics")["decision"]
    assert said["thresholds"]["candidate"] == pytest.approx(0.5, abs=0.12)


def test_a_table_without_the_column_is_refused_where_rows_are_scored(done: Staged) -> None:
    context = done.context("evaluate")
    with pytest.raises(DataError) as error:
        evaluate.run(StageContext(context.folder, "tiny", "evaluate", {**context.params, "weight": "v"}))
    assert error.value.message == "the rows have no column `v`, which weighs them"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([0.0, None, "inf", -2.0], "missing 1, infinite 1, 0 or below 2"),
        ([None], "missing 1"),
    ],
)
def test_weights_that_cannot_be_used_are_counted(tmp_path: Path, values: list[Any], said: str) -> None:
    folder = tmp_path / "pipelines" / "churn"
    folder.mkdir(parents=True)
    bad = [None if value is None else str(value) for value in values]
    frame = table(w=[*bad, *["1.5"] * (200 - len(bad))])
    refused = Pipeline(folder).refused(frame, weight="w")
    message = (
        f"{len(values)} of 200 rows have no weight that can be used in `w`: {said}; leave these rows out, or weigh them"
    )
    assert f"weight: {message}" in str(refused)


def test_a_weight_must_be_a_number_and_be_there(tmp_path: Path) -> None:
    folder = tmp_path / "pipelines" / "churn"
    folder.mkdir(parents=True)
    pipeline = Pipeline(folder)
    expected = (
        "weight: `city` weighs rows and must hold numbers, not category; declare `columns: {city: {type: float}}`"
    )
    assert expected in str(pipeline.refused(table(), weight="city"))
    assert "`nowhere`" in str(pipeline.refused(table(), weight="nowhere"))
    pipeline.run(table(w=["1.5", *["2.5"] * 199]), weight="w")
    assert pipeline.roles()["w"] == "weight"
    assert validate.Params.model_validate({"task": "binary", "target": "left", "weight": "w"}).kept == {"w"}
