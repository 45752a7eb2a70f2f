from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlops.backends.dvc import render
from mlops.operations.workspace import open_workspace
from mlops.stages import evaluate, train
from tests.builders.repositories import BASE, make_repository

if TYPE_CHECKING:
    from pathlib import Path

CHURN = BASE / "conf" / "pipeline" / "churn.yaml"
ASKED = """
evaluate:
  metrics: [roc_auc, mcc]
  learning_curve: true
  cost: {true_positive: 5, false_positive: -1, false_negative: -10, unit: EUR}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_repository(tmp_path, churn=CHURN.read_text() + ASKED)


def test_costs_reach_the_stage_that_decides_and_bring_their_metric(root: Path) -> None:
    (plan,) = open_workspace(root).plan.pipelines
    section = plan.stage("evaluate").section
    assert section["cost"] == {
        "true_positive": 5.0, "false_positive": -1.0, "false_negative": -10.0, "true_negative": 0.0,
        "classes": None, "unit": "EUR",
    }  # fmt: skip
    assert {"auroc", "matthews_corrcoef", "value"} <= set(section["metrics"])
    evaluate.Params.model_validate(section)


def test_a_learning_curve_is_an_output_of_train(root: Path) -> None:
    (plan,) = open_workspace(root).plan.pipelines
    assert "reports/learning_curve.csv" in {output.path for output in plan.stage("train").outputs}
    assert train.Params.model_validate(plan.stage("train").section).learning_curve is True


def test_what_was_not_asked_for_leaves_no_trace(tmp_path: Path) -> None:
    (plan,) = open_workspace(make_repository(tmp_path)).plan.pipelines
    assert "cost" not in plan.stage("evaluate").section
    assert "value" not in plan.stage("evaluate").section["metrics"]
    assert "learning_curve" not in plan.stage("train").section


def test_every_plot_is_declared_with_its_title_axes_and_template(root: Path) -> None:
    text = render(open_workspace(root).plan)["pipelines/churn/dvc.yaml"]
    drawn = text[text.index("\nplots:") :]
    assert drawn.count("template:") == drawn.count("title:") == drawn.count("\n- reports/") == 9
    assert "- reports/plots/dvc/value.csv:" in drawn
    assert "x_label: Threshold" in drawn


def test_every_candidate_has_a_curve_of_what_it_is_measured_by(root: Path) -> None:
    (plan,) = open_workspace(root).plan.pipelines
    drawn = {plot.title: plot for output in plan.stage("train").outputs for plot in output.plots}
    found = {title: [plot.path, *(path for path, _, _ in plot.beside)] for title, plot in drawn.items()}
    assert found["Loss on training"] == ["reports/courses/train_loss/mlp.csv"]
    assert found["Loss on validation"] == ["reports/courses/validation_loss/mlp.csv"]
    assert list(found) == ["Loss on training", "Loss on validation", "AUROC on validation", "Learning curve"]
