from __future__ import annotations

import time
from pathlib import Path

import pytest

from mlops.errors import ConfigurationError, InfrastructureError
from mlops.release.tracking import answering, connection, shown


@pytest.mark.parametrize(
    "uri",
    ["http://127.0.0.1:9", "postgresql://someone:secret@127.0.0.1:9/mlflow", "mysql://127.0.0.1:9/mlflow"],
)
def test_a_server_that_is_not_there_is_an_infrastructure_error_after_a_few_tries(
    uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    with pytest.raises(InfrastructureError) as caught, connection(uri) as client:
        client.search_registered_models()
    assert len(pauses) <= 3
    assert sum(pauses) <= 10  # seconds
    assert caught.value.exit_code == 6
    assert str(caught.value).startswith(f"MLflow at {shown(uri)} does not answer: ")
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_database_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("these are not the tables you are looking for")
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    with pytest.raises(InfrastructureError) as caught, connection(uri):
        pass
    assert str(caught.value) == f"MLflow at {uri} does not answer: mlflow.db is not an SQLite database"
    assert caught.value.hint == "start the server, or correct `tracking: {uri: ...}` in conf/project.yaml"


def test_a_place_that_cannot_be_written_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InfrastructureError), connection(f"sqlite:///{tmp_path}/file/mlflow.db"):
        pass


@pytest.mark.slow
def test_a_programming_error_is_not_blamed_on_the_server(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), connection(f"sqlite:///{tmp_path}/mlflow.db"):
        _ = 1 / 0


@pytest.mark.filterwarnings("ignore:.*AnyType:UserWarning")  # MLflow's own types warn when it is imported
def test_a_password_that_mlflow_repeats_is_not_told() -> None:
    from mlflow.exceptions import MlflowException

    uri = "https://someone:secret@mlflow.example"
    with pytest.raises(InfrastructureError) as caught, answering(uri):
        raise MlflowException(f"API request to {uri}/api/2.0/mlflow/runs/search failed")
    assert str(caught.value) == (
        "MLflow at https://someone:***@mlflow.example does not answer: "
        "API request to https://someone:***@mlflow.example/api/2.0/mlflow/runs/search failed"
    )


@pytest.mark.parametrize("uri", ["postgresql://someone:secret@host:port/mlflow", "http://[someone:secret@host"])
def test_an_address_that_is_none_is_the_configurations_mistake(uri: str) -> None:
    with pytest.raises(ConfigurationError) as caught, connection(uri):
        pass
    assert "secret" not in str(caught.value)
    assert caught.value.hint == "correct `tracking: {uri: ...}` in conf/project.yaml"
