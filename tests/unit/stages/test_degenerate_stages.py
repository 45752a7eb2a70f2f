"""Models that know nothing, as files: scored by `evaluate`, judged by `gate`, and stopped there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import polars as pl
import pytest
from onnx import numpy_helper

from mlops.bundle.transform import Transform
from mlops.errors import DataError
from mlops.ml.data.encoding import encode
from mlops.stages import bundle, evaluate, gate
from mlops.stages.context import StageContext
from mlops.stages.tables import transformed
from tests.builders.bundles import make_frame, make_pipeline

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

pytestmark = pytest.mark.slow
BOOTSTRAP = {"samples": 200}
RULES = [
    {"id": "accuracy", "metric": "accuracy", "at_least": 0.55},
    {"id": "useful", "metric": "balanced_accuracy", "against": "dummy", "at_least": 0.0},
    {"id": "insured", "metric": "auroc", "by": "insured", "at_least": 0.6, "groups": ["false", "true"]},
    {"id": "parity", "metric": "demographic_parity_difference", "of": "insured", "at_most": 0.2,
     "groups": ["false", "true"]},
]  # fmt: skip
KINDS = ("constant", "mean", "majority", "label-shuffled", "one class for a minority")


def frame(rows: int, seed: int, rate: float = 0.45) -> pl.DataFrame:
    """Rows whose target follows the number of visits."""
    table, random = make_frame(rows, seed=seed), np.random.default_rng(100 + seed)
    strength = table["visits"].to_numpy() + random.normal(0, 4, rows)
    return table.with_columns(pl.Series("y", strength > np.quantile(strength, 1 - rate)))


def fitted(x: Floats, y: Floats) -> tuple[Floats, float]:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(max_iter=200).fit(x, y)
    return model.coef_[0], float(model.intercept_[0])


def moved(transform: Transform, train: pl.DataFrame, column: str, ends: tuple[Any, Any]) -> Floats:
    """Find what a column moves among the model's inputs, from one value to another."""
    two = pl.concat([train[:1].with_columns(pl.lit(value).alias(column)) for value in ends])
    return np.asarray(
        np.diff(transformed(transform, two.cast(train.schema)).reshape(2, -1), axis=0)[0], dtype=np.float64
    )


def weights(kind: str, transform: Transform, train: pl.DataFrame) -> tuple[Floats, float]:
    """Give the weights and the bias of a logistic model of a kind."""
    x, y = (
        transformed(transform, train).reshape(train.height, -1).astype(np.float64),
        encode(transform.recipe.target, train),
    )
    nothing = np.zeros(x.shape[1])
    logit = {"constant": 0.85, "mean": float(np.log(y.mean() / (1 - y.mean()))), "majority": -9.0}
    if kind in logit:
        return nothing, logit[kind]
    if kind == "label-shuffled":
        noise, bias = fitted(x, np.random.default_rng(4).permutation(y))
        told = moved(transform, train, "visits", (0, 19))
        return np.where(told != 0, 0, noise), bias  # one column says all here: half of all shuffles rank by it rightly
    honest, bias = fitted(x, y)
    if kind == "not a number":
        return np.full_like(nothing, np.nan), 0.0
    if kind == "one class for a minority":
        away = moved(transform, train, "insured", (False, True))
        return honest - 60 * away / (away @ away), bias
    return honest, bias


def verdict(tmp_path: Path, kind: str, rate: float = 0.45) -> tuple[str, dict[str, str], dict[str, Any]]:
    folder = make_pipeline(tmp_path / "pipelines/tiny")
    train = frame(2000, 1, rate)
    transform = Transform.read(folder / "artifacts/features/transform.json")
    frame(2000, 2, rate).write_parquet(folder / "artifacts/split/test.parquet")
    np.save(folder / "artifacts/features/train_x.npy", transformed(transform, train))
    np.save(folder / "artifacts/features/train_y.npy", encode(transform.recipe.target, train))
    place = folder / "artifacts/model/model.onnx"
    model, (slopes, bias) = onnx.load(place), weights(kind, transform, train)
    for index, values in enumerate((slopes[:, None], np.array([bias]))):
        name = model.graph.initializer[index].name
        model.graph.initializer[index].CopyFrom(numpy_helper.from_array(values.astype(np.float32), name))
    onnx.save(model, place)
    section = {"task": "binary", "target": "y", "metrics": ["accuracy", "balanced_accuracy"], "slices": ["insured"]}
    bundle.run(StageContext(folder, "tiny", "bundle", {"pipeline": "tiny"}))
    evaluate.run(StageContext(folder, "tiny", "evaluate", {**section, "bootstrap": BOOTSTRAP}))
    (folder / "reports/history.csv").write_text("candidate,epoch,metric,value\n")
    gate.run(StageContext(folder, "tiny", "gate", {"task": "binary", "bootstrap": BOOTSTRAP, "rules": RULES}))
    record = json.loads((folder / "reports/gate.json").read_bytes())
    worst = {
        rule["id"]: rule["verdict"] for rule in sorted(record["rules"], key=lambda rule: rule["verdict"] != "pass")
    }
    return record["verdict"], worst, json.loads((folder / "reports/metrics.json").read_bytes())


def test_an_honest_model_passes(tmp_path: Path) -> None:
    found, by_rule, _ = verdict(tmp_path, "honest")
    assert (found, set(by_rule.values())) == ("pass", {"pass"}), by_rule


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_that_knows_nothing_is_stopped(tmp_path: Path, kind: str) -> None:
    found, by_rule, _ = verdict(tmp_path, kind)
    assert found in ("fail", "inconclusive")
    assert by_rule["insured"] != "pass"
    assert by_rule["parity"] != "pass"
    if kind != "one class for a minority":
        assert by_rule["useful"] != "pass"


def test_a_model_that_answers_with_no_number_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        verdict(tmp_path, "not a number")
    assert caught.value.message == "the model answers 30 of 30 validation rows with what is no number"


def test_an_accurate_majority_without_a_gap_is_stopped(tmp_path: Path) -> None:
    found, by_rule, metrics = verdict(tmp_path, "majority", 0.218)
    cells = metrics["models"]["candidate"]
    assert cells["accuracy"]["value"] == pytest.approx(0.782, abs=1e-6)
    assert cells["balanced_accuracy"]["value"] == 0.5
    assert (found, by_rule["accuracy"], by_rule["useful"], by_rule["parity"]) == ("fail", "pass", "fail", "fail")
