"""What a trial runs, and what it takes as recorded: decided before anything runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mlops.operations.dvc.lock import LockedStage
from mlops.operations.trying.combinations import combinations
from mlops.operations.trying.stages import Recorded, Work, focus, until_train, work
from mlops.operations.workspace import open_workspace
from mlops.plan.pipeline import PipelinePlan
from tests.builders.repositories import make_repository

BEFORE = ("ingest", "validate", "split", "features")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_repository(tmp_path_factory.mktemp("stages") / "shop")


@pytest.fixture(scope="module")
def now(root: Path) -> PipelinePlan:
    return open_workspace(root, ("churn",)).pipeline("churn")


def recorded(pipeline: PipelinePlan, *, lost: tuple[str, ...] = (), data: str = "data") -> Recorded:
    """Pretend that the stages ran as they are described, on some data."""
    stages = [pipeline.stage(name) for name in until_train(pipeline)]
    locked = {
        stage.name: LockedStage(
            stage.command,
            stage.section,
            dict.fromkeys(stage.inputs, "data"),
            {output.path: f"md5 of {output.path}" for output in stage.outputs},
        )
        for stage in stages
    }
    return Recorded(locked, lambda _: data, lambda path, _: path not in lost)


def asked(root: Path, *texts: str) -> Callable[[Recorded], Work]:
    (made,) = combinations(root, "churn", texts).combinations
    return lambda known: work(made.workspace.pipeline("churn"), focus(made.values), known)


@pytest.mark.parametrize(
    ("texts", "before", "candidates"),
    [
        (["model.mlp.lr=0.01"], (), ["mlp"]),
        (["model.mlp.lr=0.01", "model.linear.l2=2"], (), ["linear", "mlp"]),
        (["trainer.max_epochs=3"], (), ["linear", "mlp"]),
        (["features.numeric.scale=minmax"], ("features",), ["linear", "mlp"]),
        (["data.split.seed=7"], ("split", "features"), ["linear", "mlp"]),
        (["data.exclude={leak: [age]}"], ("validate", "split", "features"), ["linear", "mlp"]),
        (["data.source.separator=';'"], BEFORE, ["linear", "mlp"]),
        (["model=mlp"], (), ["mlp"]),
    ],
)
def test_only_what_changes_runs(
    root: Path, now: PipelinePlan, texts: list[str], before: tuple[str, ...], candidates: list[str]
) -> None:
    made = asked(root, *texts)(recorded(now))
    assert (made.before, sorted(made.train["candidates"])) == (before, candidates)


def test_what_a_stage_that_runs_reads_is_taken_as_recorded(root: Path, now: PipelinePlan) -> None:
    made = asked(root, "model.mlp.lr=0.01")(recorded(now))
    assert sorted(made.taken) == ["artifacts/features", "artifacts/split", "reports/data.json", "reports/split.json"]
    made = asked(root, "features.numeric.scale=minmax")(recorded(now))
    assert sorted(made.taken) == ["artifacts/schema.json", "artifacts/split", "reports/data.json", "reports/split.json"]
    assert made.given == ()


def test_what_was_lost_or_ran_on_other_data_is_made_again(root: Path, now: PipelinePlan) -> None:
    tried = asked(root, "model.mlp.lr=0.01")
    assert tried(recorded(now, lost=("artifacts/features",))).before == ("features",)
    assert tried(recorded(now, lost=("artifacts/features", "artifacts/schema.json"))).before == ("validate", "features")
    assert tried(recorded(now, lost=("artifacts/raw.parquet", "artifacts/valid.parquet"))).before == ()
    assert tried(recorded(now, data="other")).before == BEFORE
    assert tried(recorded(now, data="other")).given == ("data/churn.csv",)
    assert tried(replace(recorded(now), locked={})).before == BEFORE


def test_a_trial_is_known_by_all_that_it_is_made_of(root: Path, now: PipelinePlan) -> None:
    known = recorded(now)
    keys = {
        text: asked(root, text)(known).key
        for text in ("model.mlp.lr=0.01", "model.mlp.lr=0.02", "seed=1", "data.split.seed=1", "trainer.patience=3")
    }
    assert len(set(keys.values())) == len(keys)
    assert asked(root, "model.mlp.lr=0.01")(known).key == keys["model.mlp.lr=0.01"]
    assert asked(root, "model.mlp.lr=1e-2")(known).key == keys["model.mlp.lr=0.01"]
    assert asked(root, "model.mlp.lr=0.01")(recorded(now, data="other")).key != keys["model.mlp.lr=0.01"]


def test_no_study_of_training_is_made_that_reads_more_rows(root: Path, now: PipelinePlan) -> None:
    made = asked(root, "model.mlp.lr=0.01")(recorded(now))
    assert made.train.keys() & {"explain", "learning_curve", "backtest", "forecast"} == set()
    assert made.parameters["train"].keys() >= {"candidates", "trainer"}


def test_a_trial_takes_what_a_search_left_but_for_what_it_sets_itself(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "tuned")
    file = root / "conf/pipeline/churn.yaml"
    file.write_text(file.read_text() + "\ntune: {trials: 4}\n")
    now = open_workspace(root, ("churn",)).pipeline("churn")
    known = replace(recorded(now), winners={"mlp": {"lr": 0.5, "dropout": 0.25}, "linear": {"l2": 7.0}})
    (made,) = combinations(root, "churn", ["model.mlp.lr=0.01", "seed=1"]).combinations
    found = work(made.workspace.pipeline("churn"), frozenset(), known, made.values)
    assert "tune" not in (*until_train(now), *found.parameters)
    assert "tuned" not in found.train
    candidates = found.train["candidates"]
    assert (candidates["mlp"]["lr"], candidates["mlp"]["dropout"], candidates["linear"]["l2"]) == (0.01, 0.25, 7.0)
    plain = work(made.workspace.pipeline("churn"), frozenset(), recorded(now), made.values)
    assert plain.key != found.key
