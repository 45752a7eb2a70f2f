"""`ensemble:` as training makes it: one graph, chosen by rows that had no say; docs/howto/ensemble.md promises it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from mlops.documents.training import TrainingReport
from mlops.errors import IntegrityError
from mlops.ml.training import export
from mlops.ml.training.problem import Examples
from mlops.stages import train
from mlops.stages.context import StageContext
from tests.builders.exporting import one_table_of_operators
from tests.builders.training import bent, write_features

pytestmark = pytest.mark.slow

CANDIDATES = {
    "forest": {"kind": "random_forest", "trees": 10, "min_leaf": 5},
    "linear": {"kind": "linear"},
    "trees": {"kind": "gradient_boosting", "trees": 60, "depth": 3, "lr": 0.1},
}


def trained(root: Path, examples: Examples | None = None, **changes: Any) -> tuple[StageContext, TrainingReport]:
    asked: dict[str, Any] = {"task": "regression", "select_by": "rmse", "candidates": CANDIDATES, "ensemble": {}}
    context = write_features(root, bent() if examples is None else examples, **{**asked, **changes})
    if examples is not None and examples.folds is not None:
        np.save(context.path("artifacts/features/folds.npy"), examples.folds)
    with one_table_of_operators():
        train.run(context)
    found = TrainingReport.read(context.path("reports/training.json"))
    assert found is not None
    return context, found


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> tuple[StageContext, TrainingReport]:
    return trained(tmp_path_factory.mktemp("once"), refit=["forest", "linear"])


def described(context: StageContext) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(context.path("artifacts/model/model.json").read_text())
    return found


def test_it_is_chosen_where_it_is_better_on_rows_that_had_no_say(once: tuple[StageContext, TrainingReport]) -> None:
    context, found = once
    made = found.ensemble
    assert made is not None
    assert (found.chosen, made.better) == ("ensemble", True)
    assert found.candidates["ensemble"].validation["rmse"] == made.apart
    singles = {name: each.validation["rmse"] for name, each in found.candidates.items() if name != "ensemble"}
    assert (made.best, made.best_score) == min(singles.items(), key=lambda pair: pair[1])
    assert made.apart < made.alone
    assert made.score <= made.apart
    assert described(context)["kind"] == "ensemble"


def test_the_report_says_what_each_member_earned(once: tuple[StageContext, TrainingReport]) -> None:
    context, found = once
    made = found.ensemble
    assert made is not None
    assert sum(float(each.weight) for each in made.members) == pytest.approx(1, abs=1e-4)
    for member in made.members:
        assert member.score == found.candidates[member.name].validation["rmse"]
        assert member.without is not None
        assert member.without >= made.score
        assert member.again is (member.name in ("forest", "linear"))
    assert {name: each["weight"] for name, each in described(context)["parameters"]["members"].items()} == {
        each.name: each.weight for each in made.members
    }


def test_members_learn_again_as_their_kinds_do_and_the_one_before_stays(
    once: tuple[StageContext, TrainingReport],
) -> None:
    context, found = once
    assert found.learnt == {"train": 400, "validation": 400}
    before, after = (context.path(f"artifacts/model/{name}.onnx").read_bytes() for name in ("before_refit", "model"))
    x, y = bent().validation_x, bent().validation_y
    errors = [float(np.sqrt(np.mean((export.run(model, x) - y) ** 2))) for model in (before, after)]
    assert found.ensemble is not None
    assert errors[0] == pytest.approx(float(found.ensemble.score or 0), rel=1e-4)
    assert errors[1] < errors[0]


def test_the_same_input_gives_the_same_bytes(once: tuple[StageContext, TrainingReport], tmp_path: Path) -> None:
    context, _ = trained(tmp_path, refit=["forest", "linear"])
    for name in ("artifacts/model/model.onnx", "artifacts/model/model.json", "reports/training.json"):
        assert context.path(name).read_bytes() == once[0].path(name).read_bytes()


def test_where_one_model_is_as_good_it_goes_on_and_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    candidates = {"linear": {"kind": "linear"}, "same": {"kind": "linear"}}
    context, found = trained(tmp_path, candidates=candidates)
    assert found.chosen == "linear"
    assert "ensemble" not in found.candidates
    assert found.ensemble is not None
    assert found.ensemble.why == "no mean is better than linear alone"
    assert "train: no ensemble: no mean is better than linear alone" in capsys.readouterr().err.splitlines()
    assert described(context)["kind"] == "linear"


def test_a_mean_that_only_fits_the_rows_that_chose_it_does_not_go_on(tmp_path: Path) -> None:
    """Noise alone: weights of many models fit the rows that choose them, and other rows are no better for it."""
    random = np.random.default_rng(6)
    x = random.standard_normal((120, 6), dtype=np.float32)
    y = random.standard_normal(120, dtype=np.float32)
    noise = Examples(x[:60], y[:60], x[60:], y[60:])
    _, found = trained(tmp_path, noise)
    made = found.ensemble
    assert made is not None
    assert (made.better, found.chosen) == (False, made.best)
    assert made.score < made.best_score
    assert made.alone <= made.apart


def dated(root: Path, day: np.ndarray[Any, Any], **asked: Any) -> TrainingReport:
    """Train with the dates of validation as `split` writes them, which rows hang together by."""
    context = write_features(root, bent())
    context.path("artifacts/split").mkdir()
    pl.DataFrame({"day": day}).write_parquet(context.path("artifacts/split/validation.parquet"))
    return trained(root, together={"columns": ["day"], **asked})[1]


def test_rows_that_hang_together_tell_less_and_where_all_do_nothing(
    once: tuple[StageContext, TrainingReport], tmp_path: Path
) -> None:
    alone, made = once[1].ensemble, dated(tmp_path / "few", np.arange(400) // 50).ensemble
    assert alone is not None
    assert made is not None
    assert (made.score, made.members[0].weight) == (alone.score, alone.members[0].weight)  # other errors, same weights
    assert made.gain_error != alone.gain_error
    days = np.datetime64("2026-01-01") + np.arange(400) // 100
    blocks = dated(tmp_path / "blocks", days, every="day", horizon=7).ensemble
    assert blocks is not None
    assert (blocks.members, blocks.why) == ((), "all rows of validation hang together, and tell of no other rows")
    with pytest.raises(IntegrityError) as caught:
        dated(tmp_path / "other", np.arange(399))
    assert caught.value.message == "artifacts/split has 399 rows of validation, artifacts/features 400"


def test_a_budget_is_held_by_counting_and_not_by_a_clock(tmp_path: Path) -> None:
    _, found = trained(tmp_path, ensemble={"members": 2, "operations": 120, "megabytes": 0.05})
    made = found.ensemble
    assert made is not None
    assert (len(made.members), made.operations <= 120, made.size <= 50_000) == (2, True, True)
    _, none = trained(tmp_path / "none", ensemble={"operations": 1})
    assert none.ensemble is not None
    assert none.ensemble.why == "no member fits the budget"


def test_of_folds_each_member_is_a_mean_that_did_not_see_its_rows(tmp_path: Path) -> None:
    rows = bent(700)  # of fewer the mean is better by less than chance may have it
    x, y = np.concatenate([rows.train_x, rows.validation_x]), np.concatenate([rows.train_y, rows.validation_y])
    context, found = trained(tmp_path, Examples(x, y, x, y, folds=np.arange(1_400) % 3))
    made = found.ensemble
    assert made is not None
    assert (found.chosen, described(context)["folds"]) == ("ensemble", 3)
    members = export.run(context.path("artifacts/model/model.onnx").read_bytes(), x, "members")
    assert members.shape == (1_400, 3)


def test_weights_of_rows_and_a_calibrator_behind_it_count(tmp_path: Path) -> None:
    rows = bent(1_000)
    steps = replace(
        rows, **{name: (getattr(rows, name) > 0.5).astype(np.int64) for name in ("train_y", "validation_y")}
    )
    features = write_features(tmp_path, steps).path("artifacts/features")
    for name in ("train_w", "validation_w"):
        np.save(features / f"{name}.npy", np.linspace(0.5, 1.5, 1_000))
    objective = {"calibrate": "temperature"}
    context, found = trained(
        tmp_path, steps, task="binary", select_by="log_loss", weight="w", objective=objective, refit=["forest"]
    )
    assert found.chosen == "ensemble"
    assert found.calibration is not None
    answers = export.run(context.path("artifacts/model/model.onnx").read_bytes(), steps.validation_x)
    assert ((answers >= 0) & (answers <= 1)).all()


def test_what_is_asked_again_and_again_learns_as_its_members_do(tmp_path: Path) -> None:
    context, found = trained(tmp_path, learning_curve=True, refit=["linear"])
    assert found.chosen == "ensemble"
    rows = context.path("reports/learning_curve.csv").read_text().splitlines()
    header, *points = (row.split(",") for row in rows)
    assert "400" in points[-1]
    assert "share" in header


def test_how_much_choosing_flatters_is_said_and_no_part_of_what_is_released(
    once: tuple[StageContext, TrainingReport],
) -> None:
    _, found = once
    told = found.optimism
    assert told is not None
    assert (told.candidates, told.best) == (3, "linear")
    assert told.value == found.candidates["linear"].validation["rmse"]
    assert told.apart == pytest.approx(float(told.value or 0), rel=0.05)
