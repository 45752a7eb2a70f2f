"""What teaches, weighs, divides and shapes at once: folds, weights, `refit`, `objective` and targets far from 0."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from mlops.bundle.predictor import Predictor
from mlops.errors import DataError
from mlops.ml.data.folds import chosen_on
from mlops.ml.evaluation.predictions import Predictions
from mlops.ml.evaluation.studies import threshold
from mlops.ml.training import export
from mlops.ml.training.heads import OneVersusRest
from mlops.stages.tables import scored
from mlops.statistics.recalibration import Logistic
from tests.builders.staged import Staged, staged
from tests.unit.stages.test_objective_stages import rare
from tests.unit.stages.test_weighted_stages import sampled

pytestmark = pytest.mark.slow
COST = {"false_positive": -1.0, "false_negative": -3.0}
DEALT = {"by": "stratified", "folds": 4}


def predictions(done: Staged) -> Predictions:
    return Predictions.read(done.folder / "artifacts/evaluation/predictions.parquet")


def members(done: Staged, rows: pl.DataFrame) -> np.ndarray[Any, Any]:
    """What the member says of each row that has not seen it."""
    predictor = Predictor.open(done.folder / "artifacts/bundle")
    folds = pl.read_parquet(done.folder / "artifacts/split/folds.parquet").sort("__row__")
    codes = folds.drop("__row__").to_series().to_numpy()
    x = np.load(done.folder / "artifacts/features/train_x.npy")
    return np.asarray(predictor.model.members(x)[np.arange(rows.height), codes])


def test_weighed_rows_in_folds_teach_members_and_choose_thresholds(tmp_path: Path) -> None:
    decided = {"pipeline": "tiny", "cost": COST}
    asked = {"split": DEALT, "evaluate": {"cost": COST}}
    done = staged(tmp_path, sampled(400), "binary", "w", bundle={**decided, "weight": "w"}, **asked)
    plain = staged(tmp_path / "plain", sampled(400).drop("w"), "binary", bundle=decided, **asked)
    found, other = predictions(done), predictions(plain)
    assert found.weights is not None
    assert found.folds is not None
    assert other.folds is not None
    assert found.folds.tolist() == other.folds.tolist()
    population = np.average(found.target, weights=found.weights)
    assert np.average(found.score, weights=found.weights) == pytest.approx(population, abs=0.05)
    assert other.score.mean() > population + 0.1
    assert done.report("metrics")["weighted"]["column"] == "w"
    stopped = chosen_on(found.folds, 4)
    x, y, w = (np.load(done.folder / f"artifacts/features/train_{name}.npy") for name in "xyw")
    predictor = Predictor.open(done.folder / "artifacts/bundle")
    inner = predictor.model.members(x)[np.arange(len(y)), stopped]
    values = np.array(found.values)
    best = threshold.choose(y, inner, values, w)
    assert predictor.decision is not None
    assert predictor.decision.threshold == pytest.approx(best.threshold)
    assert best.threshold != pytest.approx(threshold.choose(y, inner, values).threshold), "weights choose nothing here"


def test_a_calibrator_is_fitted_before_the_model_learns_again_and_carried_over(tmp_path: Path) -> None:
    train = {"objective": {"calibrate": "platt"}, "refit": ["linear"]}
    done = staged(tmp_path, rare(5000), "binary", train=train)
    model = done.folder / "artifacts/model"
    x = np.load(done.folder / "artifacts/features/validation_x.npy")
    before, after = (export.run((model / f"{name}.onnx").read_bytes(), x) for name in ("before_refit", "model"))
    plain = staged(tmp_path / "plain", rare(5000), "binary", train={"refit": ["linear"]})
    bare = plain.folder / "artifacts/model"
    raw, again = (export.run((bare / f"{name}.onnx").read_bytes(), x) for name in ("before_refit", "model"))
    y = np.load(done.folder / "artifacts/features/validation_y.npy")
    fitted = OneVersusRest((Logistic.fit(raw.astype(np.float64), y.astype(np.float64), np.ones(len(y))),))
    assert before == pytest.approx(fitted.apply(raw.astype(np.float64)), abs=1e-5)
    assert after == pytest.approx(fitted.apply(again.astype(np.float64)), abs=1e-5)
    assert np.abs(after - again).max() > 1e-3, "the calibrator is gone"


def test_classes_are_weighed_in_every_fold_and_corrected_back(tmp_path: Path) -> None:
    train = {"objective": {"class_weight": "balanced"}}
    done = staged(tmp_path, rare(800), "binary", split=DEALT, train=train)
    found = predictions(done)
    assert found.score.mean() == pytest.approx(found.target.mean(), abs=0.03)


def far(rows: int = 400) -> pl.DataFrame:
    """Seconds since 1970, a minute apart."""
    draw = np.random.default_rng(0)
    x = draw.normal(size=(rows, 2))
    return pl.DataFrame(
        {"a": x[:, 0], "b": x[:, 1], "y": 1.7e9 + 60 * x[:, 0] + 60 * x[:, 1] + 20 * draw.normal(size=rows)}
    )


@pytest.mark.parametrize("changes", [{"split": {"by": "random", "folds": 4}}, {"train": {"refit": ["linear"]}}])
def test_a_target_far_from_0_is_answered_without_loss(tmp_path: Path, changes: dict[str, Any]) -> None:
    done = staged(tmp_path, far(), "regression", **changes)
    found = predictions(done)
    assert float(np.sqrt(np.mean((found.score - found.target) ** 2))) < 25
    rows = pl.read_parquet(done.folder / "artifacts/split/test.parquet").sort("__row__")
    assert scored(Predictor.open(done.folder / "artifacts/bundle"), rows).dtype == np.float64


def test_a_transform_of_a_target_far_from_0_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError) as refused:
        staged(tmp_path, far(), "regression", train={"objective": {"transform": "log"}})
    assert str(refused.value) == (
        "objective.transform: the target lies so far from 0 that its log tells neighbouring values apart no more"
    )
    assert refused.value.hint == "remove `transform`: a target far from 0 is learnt without loss as it is"


def test_the_evidence_of_a_row_is_that_of_the_member_that_has_not_seen_it(tmp_path: Path) -> None:
    done = staged(tmp_path, sampled(300), "binary", "w", split=DEALT)
    found = predictions(done)
    rows = pl.read_parquet(done.folder / "artifacts/split/test.parquet").sort("__row__")
    assert found.score == pytest.approx(members(done, rows), abs=1e-6)
