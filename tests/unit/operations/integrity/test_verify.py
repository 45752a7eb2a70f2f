from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from mlops.operations.integrity.verify import verify
from mlops.operations.workspace import open_workspace
from tests.builders.bundles import make_bundle
from tests.builders.papers import write_papers
from tests.builders.repositories import edit, make_repository, record

pytestmark = pytest.mark.slow


@pytest.fixture
def root(tmp_path: Path) -> Path:
    record(make_repository(tmp_path))
    return tmp_path


def found(root: Path) -> list[tuple[str, int]]:
    return [(finding.message, finding.code) for finding in verify(open_workspace(root))]


def test_what_was_recorded_agrees(root: Path) -> None:
    assert found(root) == []


@pytest.mark.parametrize(
    ("file", "before", "after", "message", "code"),
    [
        (
            "conf/pipeline/churn.yaml",
            "at_least: 0.7",
            "at_least: 0.6",
            "gate was recorded with another configuration",
            3,
        ),
        (
            "pipelines/churn/params.yaml",
            "at_least: 0.7",
            "at_least: 0.6",
            "pipelines/churn/params.yaml is not what the YAML compiles to",
            3,
        ),
        ("pipelines/churn/data/churn.csv", "31", "32", "data/churn.csv is not the data that was learnt from", 5),
        ("pipelines/churn/reports/gate.json", "gate", "pass", "reports/gate.json is not what the run wrote", 5),
        (
            "pipelines/churn/artifacts/raw.parquet",
            "ingest",
            "poison",
            "artifacts/raw.parquet is not what the run wrote",
            5,
        ),
    ],
)
def test_a_change_behind_the_lock_is_found(
    root: Path, file: str, before: str, after: str, message: str, code: int
) -> None:
    edit(root, file, before, after)
    assert (message, code) in found(root)


def test_stages_recorded_with_different_files_are_found(root: Path) -> None:
    lock = root / "pipelines/churn/dvc.lock"
    lock.write_text(_with_other_input(lock.read_text()))
    assert ("validate was recorded with another artifacts/raw.parquet than ingest wrote", 3) in found(root)


@pytest.mark.parametrize("kind", ["deps", "outs"])
def test_a_stage_recorded_without_one_of_its_files_is_found(kind: str, root: Path) -> None:
    lock = root / "pipelines/churn/dvc.lock"
    value = yaml.safe_load(lock.read_text())
    value["stages"]["train"][kind].pop(0)
    lock.write_text(yaml.safe_dump(value, sort_keys=False))
    assert ("train was recorded with other inputs or outputs", 3) in found(root)


def _with_other_input(text: str) -> str:
    value = yaml.safe_load(text)
    (entry,) = [entry for entry in value["stages"]["validate"]["deps"] if entry["path"] == "artifacts/raw.parquet"]
    entry["md5"] = "0" * 32
    return yaml.safe_dump(value, sort_keys=False)


def test_a_file_more_in_a_folder_of_data_is_found(root: Path) -> None:
    rows = root / "pipelines/churn/data/rows"
    rows.mkdir()
    (root / "pipelines/churn/data/churn.csv").rename(rows / "churn.csv")
    edit(root, "conf/data/churn.yaml", "path: data/churn.csv", "path: data/rows")
    record(root)
    assert found(root) == []
    (rows / "more.csv").write_text((rows / "churn.csv").read_text())
    assert found(root) == [("data/rows is not the data that was learnt from", 5)]


def test_a_damaged_report_of_the_bundle_is_found(root: Path) -> None:
    (root / "pipelines/churn/artifacts/bundle").unlink()
    bundle = make_bundle(root / "pipelines/churn/artifacts/bundle")
    report = root / "pipelines/churn/reports/bundle.json"
    said = "artifacts/bundle is not the bundle that reports/bundle.json names"
    digest = write_papers(report.parent, bundle).bundle
    assert said not in [message for message, _ in found(root)]
    assert not [message for message, _ in found(root) if "statement" in message]
    (report.parent / "metrics.json").write_text("{}")
    message = f"metrics.json is not the one that the statement about {digest[:19]}… binds"
    assert (message, 5) in found(root)
    report.write_text("{")
    assert (said, 5) in found(root)
    report.write_text(json.dumps({"schema_version": 1, "digest": digest, "verdict": "pass"}))
    assert ("reports/bundle.json is about another bundle, or none", 5) in found(root)


def test_a_remote_that_is_not_there_is_said(root: Path) -> None:
    (found,) = verify(open_workspace(root), remote=True)
    assert (found.message, found.code, found.hint) == ("there is no DVC remote", 3, "dvc remote add -d NAME URL")
