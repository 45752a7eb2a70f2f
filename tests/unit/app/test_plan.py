from __future__ import annotations

from pathlib import Path

import pytest

from mlops.app.plan import PipelineChange, plan
from mlops.app.workspace import open_workspace
from mlops.cli.plans import as_json, markdown, text
from mlops.errors import ConfigurationError, IntegrityError
from tests.builders.repositories import commit, edit, make_repository, record

PIPELINE = "conf/pipeline/churn.yaml"
LEARNING = ["ingest", "validate", "split", "features", "train", "evaluate"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = make_repository(tmp_path)
    (root / "conf" / "model").mkdir()
    (root / "conf" / "model" / "mlp.yaml").write_text("# @package model.mlp\nkind: mlp\nlr: 0.001\n")
    record(root)
    return root


def change(root: Path, base: str | None = None) -> PipelineChange:
    (found,) = plan(open_workspace(root), base).pipelines
    return found


def running(root: Path, base: str | None = None) -> list[str]:
    return [stage.name for stage in change(root, base).stages if stage.runs]


def test_nothing_changed_means_nothing_runs(root: Path) -> None:
    assert running(root) == []
    assert text(plan(open_workspace(root))) == "Plan: 0 to run, 0 unchanged · 1 pipeline unchanged"


def test_a_pipeline_that_never_ran_runs_whole(tmp_path: Path) -> None:
    found = change(make_repository(tmp_path))
    assert [stage.reasons for stage in found.stages] == [("never ran",)] * 8


def test_a_learning_rate_makes_training_and_what_follows_stale(root: Path) -> None:
    edit(root, "conf/model/mlp.yaml", "lr: 0.001", "lr: 0.0005")
    assert text(plan(open_workspace(root))) == (
        "churn\n"
        "  model.mlp.lr  0.001 → 0.0005    conf/model/mlp.yaml:3\n"
        "  ~ train       reads model.mlp.lr\n"
        "  ~ package     records the configuration\n"
        "  ~ evaluate, gate  follow train\n"
        "  = ingest, validate, split, features\n"
        "  gates         3 rules, unchanged\n"
        "Plan: 4 to run, 4 unchanged · 0 pipelines unchanged"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("description:", "# why not\ndescription:"),
        (
            "task: binary\ndata: {target: left, split: {by: stratified}}",
            "data: {split: {by: stratified}, target: left}\ntask: binary",
        ),
        ("data: {target: left, split: {by: stratified}}", "data:\n  target: left\n  split:\n    by: stratified"),
    ],
    ids=["comment", "order", "layout"],
)
def test_comments_order_and_layout_change_nothing(root: Path, before: str, after: str) -> None:
    edit(root, PIPELINE, before, after)
    assert running(root) == []


@pytest.mark.parametrize(
    ("before", "after", "first"),
    [
        ("Who will leave?", "Who is going to leave?", "package"),
        ("at_least: 0.7", "at_least: 0.6", "gate"),
        ("by: stratified", "by: random", "split"),
        ("target: left", "target: age", "validate"),
    ],
)
def test_a_change_runs_from_the_stage_that_reads_it(root: Path, before: str, after: str, first: str) -> None:
    edit(root, PIPELINE, before, after)
    assert running(root)[0] == first


def test_changed_data_runs_everything_and_says_which_file(root: Path) -> None:
    edit(root, "pipelines/churn/data/churn.csv", "31", "32")
    found = change(root)
    assert running(root) == [*LEARNING, "gate", "package"]
    assert found.stages[0].reasons == ("data/churn.csv changed",)


def test_a_report_edited_by_hand_is_made_again(root: Path) -> None:
    edit(root, "pipelines/churn/reports/gate.json", "gate", "pass")
    assert change(root).stages[6].reasons == ("reports/gate.json changed",)


def test_an_artefact_that_is_nowhere_is_named(root: Path) -> None:
    (root / "pipelines/churn/artifacts/raw.parquet").unlink()
    hint = "artifacts/raw.parquet is not here (dvc pull brings it, if a remote has it)"
    assert change(root).stages[0].reasons == (hint,)


def test_against_a_commit_only_what_differs_from_it_counts(root: Path) -> None:
    base = commit(root)
    assert running(root, base) == []
    edit(root, "conf/model/mlp.yaml", "lr: 0.001", "lr: 0.0005")
    assert running(root, base) == ["train", "evaluate", "gate", "package"]
    edit(root, "pipelines/churn/data/churn.csv", "31", "32")
    assert running(root, base)[0] == "ingest"


def test_a_reference_that_is_no_commit_is_refused(root: Path) -> None:
    commit(root)
    with pytest.raises(ConfigurationError, match="`--help` is no commit of this repository"):
        plan(open_workspace(root), "--help")


def test_a_lock_cut_short_is_never_up_to_date(root: Path) -> None:
    lock = root / "pipelines/churn/dvc.lock"
    whole, workspace = lock.read_bytes(), open_workspace(root)
    for length in range(0, len(whole) - 1, 97):
        lock.write_bytes(whole[:length])
        try:
            assert plan(workspace).pipelines[0].affected, f"{length} bytes of the lock passed for all of it"
        except IntegrityError as error:
            assert error.hint == "take it back from Git: git checkout -- pipelines/churn/dvc.lock"


def test_json_has_a_schema_version_and_the_affected_pipelines(root: Path) -> None:
    edit(root, "conf/model/mlp.yaml", "lr: 0.001", "lr: 0.0005")
    value = as_json(plan(open_workspace(root)))
    assert (value["schema_version"], value["affected"]) == (1, ["churn"])
    assert value["pipelines"][0]["keys"] == [
        {"key": "model.mlp.lr", "before": 0.001, "after": 0.0005, "where": "conf/model/mlp.yaml:3"}
    ]


def test_markdown_folds_each_affected_pipeline(root: Path) -> None:
    edit(root, PIPELINE, "at_least: 0.7", "at_least: 0.6")
    shown = markdown(plan(open_workspace(root)))
    assert shown.startswith("### mlops plan: 2 to run, 6 unchanged")
    assert "<details><summary><b>churn</b>: gate, package</summary>" in shown
