from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlops.errors import ConfigurationError, DataError
from mlops.operations.processes.stage import run_stage, tracking
from tests.builders.repositories import make_repository, record


def test_a_stage_outside_of_a_pipeline_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no `params.yaml` in this folder"):
        run_stage(tmp_path, "ingest")


def test_how_a_stage_ended_is_recorded(tmp_path: Path) -> None:
    record(make_repository(tmp_path))
    folder = tmp_path / "pipelines" / "churn"
    run_stage(folder, "ingest")
    result = json.loads((tmp_path / ".mlops" / "results" / "churn.json").read_bytes())
    assert result == {"stage": "ingest", "code": 0, "cause": "", "next": ""}
    assert "ingest" in json.loads((tmp_path / ".mlops" / "durations" / "churn.json").read_bytes())


def test_what_stopped_a_stage_is_recorded(tmp_path: Path) -> None:
    record(make_repository(tmp_path))
    (tmp_path / "pipelines" / "churn" / "data" / "churn.csv").write_text("")
    with pytest.raises(DataError, match="empty"):
        run_stage(tmp_path / "pipelines" / "churn", "ingest")
    result = json.loads((tmp_path / ".mlops" / "results" / "churn.json").read_bytes())
    assert (result["stage"], result["code"]) == ("ingest", 4)
    assert result["cause"]


@pytest.mark.parametrize("text", ["", "[]", "train: {}\n"])
def test_parameters_without_the_stage_are_refused(tmp_path: Path, text: str) -> None:
    record(make_repository(tmp_path))
    (tmp_path / "pipelines/churn/params.yaml").write_text(text)
    with pytest.raises(ConfigurationError, match=r"pipelines/churn/params\.yaml has no section `ingest`"):
        run_stage(tmp_path / "pipelines/churn", "ingest")


@pytest.mark.parametrize(
    ("uri", "environment", "expected"),
    [
        ("sqlite:///.mlops/mlflow.db", {}, "sqlite:///{root}/.mlops/mlflow.db"),
        ("sqlite:///.mlops/mlflow.db", {"GITHUB_ACTIONS": "true"}, None),  # it would end with the job
        ("sqlite:////srv/mlflow.db", {"GITHUB_ACTIONS": "true"}, "sqlite:////srv/mlflow.db"),
        ("https://mlflow.example", {"GITHUB_ACTIONS": "true"}, "https://mlflow.example"),
        ("https://mlflow.example", {"MLFLOW_TRACKING_URI": ""}, None),
        ("sqlite:///.mlops/mlflow.db", {"GITHUB_ACTIONS": "true", "MLFLOW_TRACKING_URI": "sqlite:///own.db"}, "own"),
    ],
    ids=["a laptop", "a job", "a file beside the job", "a server", "turned off", "named"],
)
def test_where_a_run_is_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uri: str, environment: dict[str, str], expected: str | None
) -> None:
    for name in ("GITHUB_ACTIONS", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = tracking(tmp_path, {"uri": uri, "experiment": "churn"})
    wanted = f"sqlite:///{tmp_path}/own.db" if expected == "own" else expected and expected.format(root=tmp_path)
    assert (found and found.uri) == wanted
