"""What cannot work where it runs is said by `validate`, and by the doctor in the same words."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops.operations.access.installation import places
from mlops.operations.language.watched import watched
from mlops.operations.validate import validate
from mlops.operations.workspace import open_workspace
from tests.builders.repositories import commit, edit, git, make_repository

PROJECT = 'name: shop\ntracking: {uri: "https://mlflow.shop.example"}\n'
REMOTE = "[core]\n    remote = s\n['remote \"s\"']\n    url = s3://shop/models\n    verify = true\n"
LOG = "monitor jobs find no prediction log: {} is a folder of the machine that serves"
SHARED = "log: s3://shop/log, labels: s3://shop/labels.parquet"
RETRAIN = "retrain: {when: [drift]}"
FOLDER = (
    "churn cannot be retrained: `data.source` is no folder of CSV files that a new one could join",
    "move the file into a folder, such as data/rows/, and name the folder: `path: data/rows`, no `sha256`",
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = make_repository(tmp_path)
    (root / "conf/project.yaml").write_text(PROJECT)
    (root / ".dvc").mkdir()
    (root / ".dvc/config").write_text(REMOTE)
    git(root, "init", "-q")
    return root


def monitor(root: Path, text: str) -> None:
    path = root / "conf/pipeline/churn.yaml"
    path.write_text(path.read_text() + f"monitor: {{every: day{', ' if text else ''}{text}}}\n")


def folder(root: Path) -> None:
    """Make the source one that takes new files."""
    (root / "pipelines/churn/data/rows").mkdir()
    (root / "pipelines/churn/data/churn.csv").rename(root / "pipelines/churn/data/rows/churn.csv")
    edit(root, "conf/data/churn.yaml", "path: data/churn.csv", "path: data/rows")


def said(root: Path) -> list[tuple[str, str]]:
    return [(found.message, found.hint) for found in watched(open_workspace(root))]


def messages(root: Path) -> list[str]:
    return [message for message, _ in said(root)]


@pytest.mark.parametrize(
    ("text", "shown"),
    [("", ".mlops/log/churn"), ("log: logs/churn", "logs/churn"), ("log: file:///srv/log", "file:///srv/log")],
)
def test_a_log_of_one_machine_is_no_log_for_a_job(root: Path, text: str, shown: str) -> None:
    monitor(root, text)
    assert messages(root) == [LOG.format(shown)]


@pytest.mark.parametrize("log", ["s3://shop/log", "gs://shop/log", "az://shop/log"])
def test_an_address_is_reached_by_every_job(root: Path, log: str) -> None:
    monitor(root, f"log: {log}")
    assert messages(root) == []


def test_a_machine_that_is_kept_has_its_disk_and_nobody_elses_jobs_look_anywhere(root: Path) -> None:
    monitor(root, "log: file:///srv/log")
    (root / "conf/project.yaml").write_text(PROJECT + "ci: {runner: shop-machine}\n")
    assert messages(root) == []
    (root / "conf/project.yaml").write_text(PROJECT + "ci: {kind: none}\n")
    edit(root, "conf/pipeline/churn.yaml", ", log: file:///srv/log", "")
    assert messages(root) == []


def test_labels_are_in_the_repository_or_where_every_job_looks(root: Path) -> None:
    """A job checks out what is committed: there a file that nobody committed is none."""
    monitor(root, "log: s3://shop/log, labels: labels.csv")
    assert said(root) == [
        (
            "monitor jobs find no labels: labels.csv is neither an address nor a file of this repository",
            "write an address, such as `labels: s3://bucket/labels.parquet`, or commit the file",
        )
    ]
    (root / "labels.csv").write_text("prediction_id,time,left\n")
    assert said(root) == []


def test_a_file_takes_no_new_rows_and_a_folder_does(root: Path) -> None:
    monitor(root, f"{SHARED}, {RETRAIN}")
    assert said(root) == [FOLDER]
    folder(root)
    assert said(root) == []


def test_a_key_is_labelled_because_it_is_never_logged(root: Path) -> None:
    folder(root)
    edit(root, "conf/data/churn.yaml", "source:", "keys: [customer]\nsource:")
    monitor(root, f"log: s3://shop/log, labels: labels.csv, {RETRAIN}")
    (root / "labels.csv").write_text("prediction_id,time,left\n")
    commit(root)
    assert said(root) == [
        (
            "`customer` of the source is neither logged nor labelled, and no row may lack it",
            "add the column `customer` to labels.csv",
        )
    ]
    (root / "labels.csv").write_text("prediction_id,time,left,customer\n")
    assert said(root) == []


@pytest.mark.parametrize(
    "labels",
    ["prediction_id;time;left;customer\n1;2026-01-01;1,5;a\n", "\ufeffcustomer,prediction_id,time,left\n"],
    ids=["the separator of the source", "a byte-order mark"],
)
def test_labels_are_cut_as_the_monitor_cuts_them(root: Path, labels: str) -> None:
    folder(root)
    edit(root, "conf/data/churn.yaml", "source:", "keys: [customer]\nsource:")
    monitor(root, f"log: s3://shop/log, labels: labels.csv, {RETRAIN}")
    (root / "labels.csv").write_text(labels, encoding="utf-8")
    commit(root)
    assert said(root) == []


def test_labels_that_are_no_csv_are_the_monitors_to_refuse(root: Path) -> None:
    folder(root)
    edit(root, "conf/data/churn.yaml", "source:", "keys: [customer]\nsource:")
    monitor(root, f"log: s3://shop/log, labels: labels.csv, {RETRAIN}")
    (root / "labels.csv").write_text(f"prediction_id,time,customer\n{'x' * 200_000},2026-01-01,a\n")
    commit(root)
    assert said(root) == []


def test_what_orders_rows_and_is_not_learnt_from_is_labelled_too(root: Path) -> None:
    folder(root)
    edit(root, "conf/pipeline/churn.yaml", "split: {by: stratified}", "split: {by: time, key: seen}")
    monitor(root, f"log: s3://shop/log, labels: labels.csv, {RETRAIN}")
    (root / "labels.csv").write_text("prediction_id,time,left\n")
    commit(root)
    assert messages(root) == ["`seen` of the source is neither logged nor labelled, and no row may lack it"]
    with (root / "conf/pipeline/churn.yaml").open("a") as file:
        file.write("features: {datetime: {parts: [month]}}\n")
    assert messages(root) == []


def test_who_comes_back_is_not_unique(root: Path) -> None:
    folder(root)
    edit(root, "conf/data/churn.yaml", "source:", "entity: customer\nunique: [[customer]]\nsource:")
    monitor(root, f"{SHARED}, {RETRAIN}")
    returning = (
        "a retraining brings rows of a `customer` again, and `unique` refuses the whole file for them",
        "make it unique together with a time, `unique: [[customer, TIME]]`, or leave `unique` out",
    )
    assert said(root) == [returning]
    edit(root, "conf/data/churn.yaml", "unique: [[customer]]", "unique: [[customer, month]]")
    assert said(root) == []


def test_a_key_returns_where_labels_name_it_twice(root: Path) -> None:
    folder(root)
    edit(root, "conf/data/churn.yaml", "source:", "keys: [order]\nunique: [[order]]\nsource:")
    monitor(root, f"log: s3://shop/log, labels: labels.csv, {RETRAIN}")
    (root / "labels.csv").write_text("prediction_id,time,order\n1,2026-01-01,a\n2,2026-01-02,b\n")
    commit(root)
    assert said(root) == []
    (root / "labels.csv").write_text("prediction_id,time,order\n1,2026-01-01,a\n2,2026-01-02,a\n")
    assert len(said(root)) == 1


def test_validate_says_it_at_its_place_and_the_doctor_in_the_same_words(root: Path) -> None:
    monitor(root, RETRAIN + ", labels: s3://shop/labels.parquet")
    (root / "conf/project.yaml").write_text(PROJECT + "environments: {prod: {}}\nci: {app: {id: Iv1}, install: make}\n")
    found, text = validate(root)
    assert {item.severity for item in found} == {"warning"}
    assert {item.rule for item in found} == {"watched-here", "retrained-never", "remote-nobody-writes"}
    assert "conf/pipeline/churn.yaml:" in text
    checks = list(places(root))
    assert {check.message for check in checks} == {item.message for item in found}
    assert {check.verdict for check in checks} == {"inconclusive"}
