"""A race of candidates as the stage `tune` runs it; docs/howto/auto.md says the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("optuna")

from mlops.documents.training import TrainingReport
from mlops.documents.tuning import TuningReport
from mlops.stages import train, tune
from mlops.stages.context import StageContext
from tests.builders.exporting import one_table_of_operators
from tests.builders.searched import searched
from tests.builders.training import bent, train_params

pytestmark = pytest.mark.slow
CANDIDATES: dict[str, Any] = {
    "forest": {"kind": "random_forest", "trees": 5},
    "linear": {"kind": "linear"},
    "trees": {"kind": "gradient_boosting", "trees": 60},
}
L2 = {"l2": {"low": 0.001, "high": 10.0, "log": True}}
SPACE = {
    "forest": {"min_leaf": {"low": 1, "high": 50}},
    "linear": L2,
    "trees": {"lr": {"low": 0.01, "high": 0.3, "log": True}},
}
PORTFOLIO = {
    "linear": [{"parameters": {"l2": 500.0}}, {"parameters": {"l2": 1.5}, "most": 10}],
    "trees": [{"parameters": {"depth": 2}}],
}


def raced(root: Path, **changes: Any) -> StageContext:
    asked: dict[str, Any] = {
        "task": "regression",
        "select_by": "rmse",
        "candidates": CANDIDATES,
        "trials": {"forest": 5, "linear": 5, "trees": 5},
        "space": SPACE,
        "portfolio": PORTFOLIO,
        "race": True,
    }
    context = searched(root, examples=bent(200), **{**asked, **changes})
    tune.run(context)
    return context


def report(context: StageContext) -> TuningReport:
    found = TuningReport.read(context.path("reports/tuning.json"))
    assert found is not None
    return found


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> StageContext:
    return raced(tmp_path_factory.mktemp("once"))


def test_the_worse_half_leaves_after_each_round(once: StageContext) -> None:
    found = report(once)
    counts = {name: sum(each.candidate == name for each in found.trials) for name in CANDIDATES}
    assert sum(counts.values()) == 15
    assert counts == {"trees": 1, "forest": 3, "linear": 11}
    assert {name: winner.stopped for name, winner in found.best.items()} == {
        "trees": "left after 1 trial: others did better",
        "forest": "left after 3 trials: others did better",
        "linear": "all trials were made",
    }
    best = {
        name: min(float(t.score) for t in found.trials if t.candidate == name and t.score is not None)
        for name in counts
    }
    assert max(counts, key=lambda name: counts[name]) == min(best, key=lambda name: best[name])


def test_settings_of_the_portfolio_that_fit_the_rows_come_first(once: StageContext) -> None:
    found = report(once)
    linear, trees = ([t.parameters for t in found.trials if t.candidate == name][:2] for name in ("linear", "trees"))
    assert linear == [{}, {"l2": 500.0}]
    assert trees == [{}]
    assert {"l2": 1.5} not in [t.parameters for t in found.trials]


def test_where_it_goes_on_it_comes_to_the_same_list(once: StageContext) -> None:
    text = once.path("reports/tuning.json").read_bytes()
    once.path("reports/tuning.json").unlink()
    tune.run(once)  # out of the journal
    assert once.path("reports/tuning.json").read_bytes() == text


def test_time_ends_a_race_and_nothing_that_was_tried_is_lost(tmp_path: Path) -> None:
    found = report(raced(tmp_path, minutes=1e-9))
    assert not found.repeatable
    assert {each.candidate for each in found.trials} == set(CANDIDATES)
    assert len(found.trials) == 3


def test_training_goes_by_it_and_combines_trials_of_what_left(once: StageContext) -> None:
    section = train_params(
        task="regression", select_by="rmse", candidates=CANDIDATES, tuned=True, ensemble={"trials": 1}
    )
    with one_table_of_operators():
        train.run(replace(once, stage="train", params=section))
    training = TrainingReport.read(once.path("reports/training.json"))
    assert training is not None
    assert set(training.candidates) - {"ensemble"} == set(CANDIDATES)
    assert training.ensemble is not None
    assert training.ensemble.members
