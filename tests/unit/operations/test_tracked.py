from __future__ import annotations

import getpass
from pathlib import Path

import pytest

from mlops.files.canonical import dumps
from mlops.files.tracked import Data, Source
from mlops.operations.tracked import data_of, place_of, source_here
from tests.builders.repositories import commit, git


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CI", "GITHUB_ACTOR", "GITLAB_USER_LOGIN"):
        monkeypatch.delenv(name, raising=False)


def test_who_runs_it_by_what_at_which_commit(tmp_path: Path, nobody: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert source_here(tmp_path, "mlops run churn") == Source("mlops run churn", getpass.getuser(), "", job=False)
    git(tmp_path, "init", "-q")
    (tmp_path / "a").write_text("a")
    made = commit(tmp_path, "One")
    monkeypatch.setenv("GITHUB_ACTOR", "ada")
    monkeypatch.setenv("CI", "true")
    found = source_here(tmp_path, "mlops run churn")
    assert found == Source("mlops run churn", "ada", made, job=True)
    assert found.tags == {
        "mlflow.source.name": "mlops run churn",
        "mlflow.source.type": "JOB",
        "mlflow.user": "ada",
        "mlflow.source.git.commit": made,
    }


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("{kind: csv, path: data/churn.csv}", "data/churn.csv"),
        ("{kind: csv, path: datasets/data/digits.csv.gz, package: sklearn}", "sklearn/datasets/data/digits.csv.gz"),
        ("{kind: sql}", "pipelines/churn"),
        ("[]", "pipelines/churn"),
    ],
)
def test_where_the_data_is(source: str, place: str, tmp_path: Path) -> None:
    folder = tmp_path / "pipelines/churn"
    folder.mkdir(parents=True)
    assert data_of(folder) == Data("churn", "", "pipelines/churn")
    (folder / "params.yaml").write_text(f"ingest:\n  source: {source}\n")
    assert place_of(folder) == place


def test_the_report_of_the_data_says_how_much_there_is(tmp_path: Path) -> None:
    folder = tmp_path / "pipelines/churn"
    (folder / "reports").mkdir(parents=True)
    column = {"name": "age", "type": "int", "nulls": 0}
    report = {"schema_version": 1, "rows": 9, "source": "sha256:" + "d" * 64, "columns": [column]}
    (folder / "reports/data.json").write_text(dumps(report))
    assert data_of(folder) == Data("churn", "sha256:" + "d" * 64, "pipelines/churn", 9, (("age", "int"),))
    (folder / "reports/data.json").write_text("{")
    assert data_of(folder) == Data("churn", "", "pipelines/churn")
