"""The stage `tune`: what it searches, keeps and leaves; what docs/howto/tune.md promises of it."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("optuna")

from mlops.documents.training import TrainingReport
from mlops.documents.tuning import TuningReport
from mlops.errors import ConfigurationError, InfrastructureError, IntegrityError
from mlops.ml.training.problem import Examples
from mlops.stages import train, tune
from mlops.stages.context import StageContext, Tracking
from mlops.stages.ensembling import combine
from mlops.stages.scoring import Scoring
from mlops.stages.wish import wish_of
from tests.builders.exporting import one_table_of_operators
from tests.builders.searched import SPACES, TREES, searched
from tests.builders.stores import make_store
from tests.builders.training import binary, train_params

pytestmark = pytest.mark.slow
REPORT = "reports/tuning.json"
_KILLED = """
import os, signal, sys
from pathlib import Path
from mlops.ml.tuning.journal import Journal
from mlops.stages import tune
from mlops.stages.context import StageContext
from tests.builders.searched import tune_params
left, keep = [int(sys.argv[2])], Journal.keep
def kept(*arguments):
    keep(*arguments)
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
Journal.keep = kept
tune.run(StageContext(Path(sys.argv[1]), "churn", "tune", tune_params()))
"""


def report(context: StageContext) -> TuningReport:
    found = TuningReport.read(context.path(REPORT))
    assert found is not None
    return found


def text(context: StageContext) -> bytes:
    return context.path(REPORT).read_bytes()


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> StageContext:
    context = searched(tmp_path_factory.mktemp("once"))
    tune.run(context)
    return context


def test_a_full_disk_ends_the_search_and_is_no_failed_trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Scoring, "fit", full)
    context = searched(tmp_path)
    with pytest.raises(InfrastructureError) as caught:
        tune.run(context)
    assert caught.value.message == "No space left on device"
    assert not context.path(REPORT).exists()


def test_every_trial_is_in_the_report_and_the_best_of_each_candidate_wins(once: StageContext) -> None:
    found = report(once)
    assert [trial.candidate for trial in found.trials] == ["linear"] * 3 + ["trees"] * 6
    assert [trial.number for trial in found.trials] == list(range(1, 10))
    assert (found.trials[0].parameters, found.trials[3].parameters) == ({}, {})
    for name, winner in found.best.items():
        done = [t for t in found.trials if t.candidate == name and t.state == "complete"]
        best = min(done, key=lambda trial: (float(trial.score or 9), float(trial.loss or 9)))
        assert (winner.trial, winner.parameters) == (best.number, best.parameters)
        assert winner.stopped == "all trials were made"
    assert found.repeatable is True
    assert {trial.seed for trial in found.trials if trial.candidate == "linear"} != {
        trial.seed for trial in found.trials if trial.candidate == "trees"
    }


def test_several_at_a_time_find_the_same_to_the_byte(once: StageContext, tmp_path: Path) -> None:
    context = searched(tmp_path, parallel=2)
    tune.run(context)
    assert text(context) == text(once)


def test_a_killed_search_comes_to_the_same_list(once: StageContext, tmp_path: Path) -> None:
    context = searched(tmp_path)
    for trials in (1, 5):
        command = [sys.executable, "-c", _KILLED, str(context.folder), str(trials)]
        assert subprocess.run(command, check=False, cwd=Path(__file__).parents[3]).returncode == -9
        assert not context.path(REPORT).exists()
    tune.run(context)
    assert text(context) == text(once)


def test_training_goes_by_the_winner_and_comes_to_its_score(once: StageContext, tmp_path: Path) -> None:
    context = searched(tmp_path)
    context.path("reports").mkdir()
    context.path(REPORT).write_bytes(text(once))
    section = train_params(candidates={"linear": {"kind": "linear"}, "trees": TREES}, select_by="log_loss", tuned=True)
    with one_table_of_operators():
        train.run(replace(context, stage="train", params=section))
    found, training = report(once), TrainingReport.read(context.path("reports/training.json"))
    assert training is not None
    scores = {name: found.trials[winner.trial - 1].score for name, winner in found.best.items()}
    assert {name: each.validation["log_loss"] for name, each in training.candidates.items()} == scores


def test_trials_that_did_not_win_are_members_with_the_score_that_they_had(once: StageContext, tmp_path: Path) -> None:
    context = searched(tmp_path)
    context.path("reports").mkdir()
    context.path(REPORT).write_bytes(text(once))
    section = train_params(
        candidates={"linear": {"kind": "linear"}, "trees": TREES},
        select_by="log_loss",
        tuned=True,
        ensemble={"trials": 2, "members": 5},
    )
    pools = []
    with pytest.MonkeyPatch.context() as patch, one_table_of_operators():
        patch.setattr(train, "combine", lambda *given: pools.append(given[2]) or combine(*given))
        train.run(replace(context, stage="train", params=section))
    trials = report(once).trials
    extra = {each.result.name: each for each in pools[0] if each.trial is not None}
    assert {each.of for each in extra.values()} == {"linear", "trees"}
    assert len(extra) == 4
    for name, each in extra.items():
        assert name == f"{each.of}-trial-{each.trial}"
        found = float(f"{each.result.validation['log_loss']:.6g}")
        assert found == pytest.approx(float(trials[each.trial - 1].score or 0), rel=1e-5)


def test_what_was_found_is_kept_until_somebody_asks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    context = searched(tmp_path, trials={"linear": 2}, space={"linear": SPACES["linear"]})
    tune.run(context)
    before = text(context)
    moved = searched(tmp_path, examples=binary(150), trials={"linear": 3}, space={"linear": SPACES["linear"]})
    capsys.readouterr()
    tune.run(moved)
    assert text(moved) == before
    assert capsys.readouterr().err.splitlines() == [
        "tune: kept what was found before: 2 trials of linear",
        "tune: the rows moved since it was searched: mlops tune churn searches again",
    ]
    wish = wish_of(tmp_path, "churn")
    wish.parent.mkdir(parents=True, exist_ok=True)
    wish.touch()
    tune.run(moved)
    assert len(report(moved).trials) == 3
    assert not wish.exists()


def test_where_data_is_to_move_a_search_it_does(tmp_path: Path) -> None:
    asked: dict[str, Any] = {"trials": {"linear": 2}, "space": {"linear": SPACES["linear"]}, "when": "data"}
    context = searched(tmp_path, **asked)
    tune.run(context)
    first = text(context)
    tune.run(context)
    assert text(context) == first
    moved = searched(tmp_path, examples=binary(150), **asked)
    tune.run(moved)
    assert report(moved).data != TuningReport.parse(first).data


def test_time_ends_a_search_and_the_report_says_that_it_is_not_repeatable(tmp_path: Path) -> None:
    context = searched(tmp_path, trials={"linear": 9}, space={"linear": SPACES["linear"]}, minutes=1e-9)
    tune.run(context)
    found = report(context)
    assert (len(found.trials), found.repeatable, found.best["linear"].stopped) == (4, False, "time is over")
    assert found.sentence == "4 trials of linear, at most 1e-09 minutes: not repeatable"


def test_networks_that_do_badly_end_at_a_rung(tmp_path: Path) -> None:
    net = {"kind": "mlp", "hidden": [8], "lr": 0.03}
    context = searched(
        tmp_path,
        candidates={"net": net},
        trials={"net": 10},
        space={"net": {"lr": {"low": 1e-6, "high": 0.1, "log": True}}},
        trainer={"max_epochs": 9, "batch_size": 32, "patience": None},
        sampler="random",
    )
    tune.run(context)
    found = report(context)
    ended = [trial for trial in found.trials if trial.state == "pruned"]
    assert ended
    assert all(trial.epochs is not None and trial.epochs < 9 for trial in ended)
    assert all("worse than two thirds" in trial.why for trial in ended)
    assert found.trials[found.best["net"].trial - 1].epochs == 9


def test_folds_and_weights_are_scored_as_training_scores_them(tmp_path: Path) -> None:
    rows = binary(200)
    every = Examples(rows.train_x, rows.train_y, rows.train_x, rows.train_y)
    weight = np.linspace(0.5, 1.5, 200)
    asked: dict[str, Any] = {"candidates": {"linear": {"kind": "linear"}}, "weight": "w"}
    context = searched(tmp_path, examples=every, trials={"linear": 3}, space={"linear": SPACES["linear"]}, **asked)
    features = context.path("artifacts/features")
    np.save(features / "folds.npy", np.arange(200) % 4)
    for name in ("train_w", "validation_w"):
        np.save(features / f"{name}.npy", weight)
    tune.run(context)
    section = train_params(select_by="log_loss", tuned=True, **asked)
    with one_table_of_operators():
        train.run(replace(context, stage="train", params=section))
    found, training = report(context), TrainingReport.read(context.path("reports/training.json"))
    assert training is not None
    winner = found.trials[found.best["linear"].trial - 1]
    assert training.candidates["linear"].validation["log_loss"] == winner.score


def test_a_trial_that_fails_ends_no_search_and_where_all_fail_it_is_said(tmp_path: Path) -> None:
    monotone = {"kind": "random_forest", "trees": 5, "monotone": {"age": "up"}}
    context = searched(
        tmp_path,
        candidates={"forest": monotone, "linear": {"kind": "linear"}},
        trials={"forest": 2, "linear": 2},
        space={"forest": {"min_leaf": {"low": 1, "high": 9}}, "linear": SPACES["linear"]},
    )
    tune.run(context)
    found = report(context)
    assert [trial.state for trial in found.trials] == ["failed", "failed", "complete", "complete"]
    assert found.trials[0].why == "`monotone` names `age`, which is no number that is learnt from"
    assert list(found.best) == ["linear"]
    alone = searched(
        tmp_path / "alone",
        candidates={"forest": monotone},
        trials={"forest": 1},
        space={"forest": {"min_leaf": {"low": 1, "high": 9}}},
    )
    with pytest.raises(ConfigurationError) as caught:
        tune.run(alone)
    assert caught.value.message == (
        "every trial failed\n  1 forest: `monotone` names `age`, which is no number that is learnt from"
    )


def test_a_damaged_report_is_neither_kept_nor_searched_over(tmp_path: Path) -> None:
    context = searched(tmp_path)
    context.path("reports").mkdir()
    context.path(REPORT).write_text("{")
    with pytest.raises(IntegrityError) as caught:
        tune.run(context)
    assert caught.value.message == "reports/tuning.json is damaged"
    assert caught.value.hint == (
        "git checkout -- pipelines/churn/reports/tuning.json, or mlops tune churn to search again"
    )


def test_a_report_about_a_candidate_that_is_gone_is_refused(once: StageContext) -> None:
    gone = replace(once, params={**once.params, "candidates": {"linear": {"kind": "linear"}}})
    with pytest.raises(ConfigurationError) as caught:
        tune.run(gone)
    assert caught.value.message == "reports/tuning.json is about `trees`, which is no candidate any more"
    section = train_params(tuned=True)
    with pytest.raises(ConfigurationError, match="is about `trees`"):
        train.run(replace(once, stage="train", params=section))


def test_a_report_that_names_other_code_is_refused(once: StageContext, tmp_path: Path) -> None:
    told = json.loads(once.path(REPORT).read_text())
    del told["best"]["trees"]
    told["best"]["linear"]["parameters"]["kind"] = "pipelines.churn.evil:run"
    context = searched(tmp_path)
    context.path("reports").mkdir()
    context.path(REPORT).write_text(json.dumps(told))
    with pytest.raises(IntegrityError) as caught:
        train.run(replace(context, stage="train", params=train_params(tuned=True)))
    assert caught.value.message == (
        "reports/tuning.json has `kind` among the parameters of candidate linear, and no search finds code"
    )


def test_training_without_a_search_that_it_waits_for_is_refused(tmp_path: Path) -> None:
    context = searched(tmp_path)
    with pytest.raises(IntegrityError) as caught:
        train.run(replace(context, stage="train", params=train_params(tuned=True)))
    assert (caught.value.message, caught.value.hint) == ("reports/tuning.json is not there", "mlops run churn")


def test_trials_are_runs_in_one_of_mlflow_and_are_logged_once(tmp_path: Path) -> None:
    from mlflow import MlflowClient

    uri = make_store(tmp_path / "mlflow.db")
    context = searched(tmp_path, Tracking(uri, "shop"), trials={"linear": 3}, space={"linear": SPACES["linear"]})
    tune.run(context)
    client = MlflowClient(uri)
    (experiment,) = [each for each in client.search_experiments() if each.name == "shop"]
    runs = client.search_runs([experiment.experiment_id])
    (search,) = [run for run in runs if run.info.run_name == "churn/tune"]
    trials = sorted((run for run in runs if run is not search), key=lambda run: run.info.run_name or "")
    assert [run.data.tags["mlflow.parentRunId"] for run in trials] == [search.info.run_id] * 3
    scores = [trial.score for trial in report(context).trials]
    assert [run.data.metrics["validation/log_loss"] for run in trials] == scores
    assert {run.info.status for run in runs} == {"FINISHED"}
