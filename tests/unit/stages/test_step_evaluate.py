from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest

from mlops.bundle.decision_rule import DecisionRule
from mlops.bundle.predictor import Predictor
from mlops.bundle.transform import Transform
from mlops.errors import DataError
from mlops.ml.data.encoding import encode
from mlops.ml.evaluation.metrics import compute
from mlops.ml.evaluation.predictions import Predictions
from mlops.ml.evaluation.studies import threshold
from mlops.stages import bundle, evaluate, gate
from mlops.stages.context import StageContext
from mlops.stages.tables import scored, transformed
from tests.builders.bundles import make_pipeline

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from pathlib import Path

METRICS = {
    "binary": ["auroc", "log_loss"],
    "multiclass": ["accuracy", "log_loss"],
    "regression": ["mae", "rmse"],
}
PREDICTIONS = "artifacts/evaluation/predictions.parquet"


def pipeline(
    tmp_path: Path, task: str = "binary", requests: dict[str, str] | None = None, **changes: Any
) -> StageContext:
    folder = make_pipeline(tmp_path / "pipelines/tiny", task)
    transform = Transform.read(folder / "artifacts/features/transform.json")
    for part in ("train", "validation"):
        rows = pl.read_parquet(folder / f"artifacts/split/{part}.parquet")
        np.save(folder / f"artifacts/features/{part}_x.npy", transformed(transform, rows))
        np.save(folder / f"artifacts/features/{part}_y.npy", encode(transform.recipe.target, rows))
    content = {"pipeline": "tiny", "cost": changes.get("cost"), "requests": requests or {}}
    bundle.run(StageContext(folder, "tiny", "bundle", content))
    section = {"task": task, "target": "y", "metrics": METRICS[task], "bootstrap": {"samples": 200}, "pipeline": "tiny"}
    return StageContext(folder, "tiny", "evaluate", section | changes)


def report(context: StageContext) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(context.path("reports/metrics.json").read_bytes())
    return document


@pytest.mark.parametrize("task", METRICS)
def test_every_model_is_measured_on_the_same_rows(tmp_path: Path, task: str) -> None:
    context = pipeline(tmp_path, task)
    evaluate.run(context)
    document = report(context)
    assert (document["task"], document["rows"]) == (task, 40)
    assert sorted(document["models"]) == ["candidate", "dummy", "simple"]
    for metrics in document["models"].values():
        assert sorted(metrics) == METRICS[task]
        for cell in metrics.values():
            assert cell["low"] is None or cell["low"] <= cell["value"] <= cell["high"]


@pytest.mark.parametrize("task", METRICS)
def test_what_is_evaluated_is_what_is_served(tmp_path: Path, task: str) -> None:
    context = pipeline(tmp_path, task)
    evaluate.run(context)
    predictions = Predictions.read(context.path(PREDICTIONS))
    served = Predictor.open(context.path("artifacts/bundle"))
    test = pl.read_parquet(context.path("artifacts/split/test.parquet"))
    assert (predictions.scores["candidate"] == scored(served, test)).all()
    assert (predictions.target == encode(served.transform.recipe.target, test)).all()
    metric = METRICS[task][0]
    value = compute(metric, predictions.target, predictions.scores["candidate"])
    assert report(context)["models"]["candidate"][metric]["value"] == pytest.approx(value, rel=1e-5)


def test_the_same_inputs_give_the_same_bytes_in_any_order_of_rows(tmp_path: Path) -> None:
    first, second = (pipeline(tmp_path / name, slices=["plan"], group="visits") for name in ("a", "b"))
    path = second.path("artifacts/split/test.parquet")
    pl.read_parquet(path).reverse().write_parquet(path)
    for context in (first, second):
        evaluate.run(context)
    names = [PREDICTIONS, "reports/plots/roc.csv", "reports/plots/pr.csv", "reports/plots/calibration.csv"]
    assert [first.path(name).read_bytes() for name in names] == [second.path(name).read_bytes() for name in names]
    assert report(first)["models"] == report(second)["models"]


def test_slices_cover_every_row_once(tmp_path: Path) -> None:
    context = pipeline(tmp_path, slices=["plan", "age"], metrics=["brier"])
    evaluate.run(context)
    slices = report(context)["slices"]
    assert {item["by"] for item in slices} == {"plan", "age"}
    assert [sum(item["n"] for item in slices if item["by"] == by) for by in ("plan", "age")] == [40, 40]
    assert "missing" in {item["slice"] for item in slices if item["by"] == "plan"}


def test_groups_are_numbered_and_a_row_without_one_stands_alone(tmp_path: Path) -> None:
    context = pipeline(tmp_path, group="plan")
    evaluate.run(context)
    test = pl.read_parquet(context.path("artifacts/split/test.parquet"))
    groups = pl.read_parquet(context.path(PREDICTIONS))["group"]
    assert groups.n_unique() == test["plan"].n_unique() - 1 + test["plan"].null_count()


def test_a_slice_of_an_unknown_column_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the test rows have no column `race`"):
        evaluate.run(pipeline(tmp_path, slices=["race"]))


def test_an_unknown_parameter_is_refused(tmp_path: Path) -> None:
    context = pipeline(tmp_path)
    with pytest.raises(ValueError, match=r"bootstrap\.seeds"):
        evaluate.run(replace(context, params=context.params | {"bootstrap": {"seeds": 1}}))


def test_perturbed_rows_are_scored_by_the_code_that_serves(tmp_path: Path) -> None:
    context = pipeline(tmp_path, robustness={"missing": 0.5, "noise": 0.2, "unseen_categories": 1.0, "units": 1.0})
    evaluate.run(context)
    document = report(context)
    assert sorted(document["models"]) == ["candidate", "dummy", "simple"]
    assert sorted(document["robustness"]) == ["missing", "noise", "units", "unseen_categories"]
    assert set(document["robustness"]["noise"]["metrics"]) == set(METRICS["binary"])
    assert sum(name.startswith("candidate under ") for name in pl.read_parquet(context.path(PREDICTIONS)).columns) == 4


def test_importances_and_discovered_slices_are_reported_where_asked(tmp_path: Path) -> None:
    asked = {"metric": "auroc", "repetitions": 3, "sample": 50}
    context = pipeline(tmp_path, importance=asked, discover={"minimum_rows": 10, "minimum_effect": 0.2, "limit": 3})
    evaluate.run(context)
    document = report(context)
    assert isinstance(document["discovered"], list)
    assert (document["importance"]["metric"], document["importance"]["rows"]) == ("auroc", 40)
    found = {item["column"] for item in document["importance"]["columns"]}
    assert found == {"age", "visits", "insured", "plan", "joined", "seen"}


COST = {"true_positive": 2.0, "false_positive": -1.0, "false_negative": -10.0, "true_negative": 0.0, "unit": "EUR"}


def priced(tmp_path: Path, task: str = "binary", **changes: Any) -> StageContext:
    cost = COST if task == "binary" else {"classes": {"high": {"low": -30.0}, "low": {"high": -1.0}}}
    return pipeline(tmp_path, task, metrics=["accuracy", "value"], cost=cost, **changes)


def test_the_threshold_is_chosen_on_validation_and_used_by_every_metric_of_decisions(tmp_path: Path) -> None:
    context = priced(tmp_path)
    evaluate.run(context)
    document, predictions = report(context), Predictions.read(context.path(PREDICTIONS))
    rule = DecisionRule.parse(context.path("artifacts/bundle/decision.json").read_bytes())
    served = Predictor.open(context.path("artifacts/bundle"))
    validation = pl.read_parquet(context.path("artifacts/split/validation.parquet"))
    best = threshold.choose(
        encode(served.transform.recipe.target, validation), scored(served, validation), np.array(rule.values)
    )
    assert rule.threshold == best.threshold
    assert document["decision"]["thresholds"]["candidate"] == pytest.approx(best.threshold, rel=1e-5)
    assert document["decision"]["validation"] == {"rows": 30, "value": pytest.approx(best.value, rel=1e-5)}
    assert len(document["decision"]["sentences"]) == 2
    chosen = rule.decide(predictions.scores["candidate"])
    assert (predictions.decisions["candidate"] == chosen).all()
    values = np.array(rule.values)
    for metric in ("accuracy", "value"):
        expected = compute(metric, predictions.target, predictions.scores["candidate"], chosen, values)
        assert document["models"]["candidate"][metric]["value"] == pytest.approx(expected, rel=1e-5)
    assert context.path("reports/plots/value.csv").is_file()


def test_several_classes_are_decided_by_expected_value(tmp_path: Path) -> None:
    context = priced(tmp_path, "multiclass")
    evaluate.run(context)
    predictions = Predictions.read(context.path(PREDICTIONS))
    expected = np.argmax(predictions.scores["candidate"] @ np.array(predictions.values), axis=1)
    assert (predictions.decisions["candidate"] == expected).all()
    assert report(context)["decision"]["chosen"] == "by the greatest expected value"


def test_predictions_that_lost_their_decisions_are_refused(tmp_path: Path) -> None:
    context = priced(tmp_path)
    evaluate.run(context)
    path = context.path(PREDICTIONS)
    facts = pl.read_parquet_metadata(path)
    kept = {"mlops": facts["mlops"]}
    pl.read_parquet(path).drop("decision_candidate").write_parquet(path, metadata=kept)
    with pytest.raises(DataError, match="the predictions are not whole: they lost decision_candidate"):
        Predictions.read(path)


def test_bins_and_crosses_are_slices_too(tmp_path: Path) -> None:
    shape = {"bins": {"age": [30.0, 50.0]}, "crosses": {"age+plan": ["age", "plan"]}}
    context = pipeline(tmp_path, slices=["age", "age+plan", "plan"], metrics=["brier"], **shape)
    evaluate.run(context)
    predictions = Predictions.read(context.path(PREDICTIONS))
    assert set(predictions.slices["age"]) <= {"under 30", "30 to 50", "50 and over", "missing"}
    both = [f"{age}+{plan}" for age, plan in zip(predictions.slices["age"], predictions.slices["plan"], strict=True)]
    assert predictions.slices["age+plan"].tolist() == both


def test_words_cannot_be_cut_into_bins(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="`plan` cannot be cut into bins: edges cut numbers, and these are"):
        evaluate.run(pipeline(tmp_path, slices=["plan"], bins={"plan": [3.0]}))


def test_a_metric_of_the_pipelines_own_is_measured_like_any_other_and_judged(tmp_path: Path) -> None:
    own = {"miss": {"use": "pipelines.tiny.rules:miss", "better": "lower", "parameters": {"price": 2.0}}}
    context = pipeline(tmp_path, metrics=["accuracy", "miss"], own=own)
    code = "def miss(target, score, price=1.0):\n    return price * ((score > 0.5) != target)\n"
    context.path("rules.py").write_text(code, encoding="utf-8")
    evaluate.run(context)
    models = report(context)["models"]
    for cells in models.values():
        assert cells["miss"]["value"] == pytest.approx(2 * (1 - cells["accuracy"]["value"]))
    context.path("reports/history.csv").write_text("candidate,epoch,metric,value\n")
    rules = [
        {"id": "miss", "metric": "miss", "at_most": 2.0},
        {"id": "miss-over-simple", "metric": "miss", "against": "simple", "at_most": 2.0},
    ]
    section = {"task": "binary", "bootstrap": {"samples": 200}, "rules": rules, "own": own}
    gate.run(StageContext(context.folder, "tiny", "gate", section))
    record = json.loads(context.path("reports/gate.json").read_bytes())
    assert [rule["verdict"] for rule in record["rules"]] == ["pass", "pass"]
