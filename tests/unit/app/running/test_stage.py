from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlops.app.running.stage import run_stage
from mlops.errors import ConfigurationError, DataError
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
