from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from mlops.errors import ConfigurationError, InfrastructureError
from mlops.release.tracking import answering, connection, shown

pytestmark = pytest.mark.slow


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


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "asks for a login, and takes none that is here (HTTP 401)"),
        (403, "does not let this login do that (HTTP 403)"),
    ],
)
@pytest.mark.parametrize("kind", ["call", "artifact"])
@pytest.mark.filterwarnings("ignore:.*AnyType:UserWarning")
def test_a_login_that_is_refused_is_told_from_a_server_that_is_not_there(kind: str, status: int, said: str) -> None:
    from mlflow.exceptions import MlflowException, get_error_code
    from requests import HTTPError, Response

    answer = Response()
    answer.status_code = status
    error = MlflowException("You are not authenticated.", error_code=get_error_code(status))
    with pytest.raises(InfrastructureError) as caught, answering("https://mlflow.example"):
        raise error if kind == "call" else HTTPError(f"{status} for some url", response=answer)
    assert str(caught.value) == f"MLflow at https://mlflow.example {said}"
    assert caught.value.hint == (
        "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN; a job has them by "
        "`ci: {secrets: {MLFLOW_TRACKING_TOKEN: tracking}}` in conf/project.yaml"
    )


@pytest.mark.parametrize("uri", ["postgresql://someone:secret@host:port/mlflow", "http://[someone:secret@host"])
def test_an_address_that_is_none_is_the_configurations_mistake(uri: str) -> None:
    with pytest.raises(ConfigurationError) as caught, connection(uri):
        pass
    assert "secret" not in str(caught.value)
    assert caught.value.hint == "correct `tracking: {uri: ...}` in conf/project.yaml"


STOPPED = """
import sys
from mlflow import MlflowClient
from sqlalchemy import event
from sqlalchemy.engine import Engine

count = 0

@event.listens_for(Engine, "commit")
def commit(_):
    global count
    count += 1
    if count == 10:
        raise SystemExit(9)

MlflowClient(sys.argv[1], sys.argv[1])
"""


def test_a_store_whose_migration_was_stopped_heals_by_itself(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    command = [sys.executable, "-W", "ignore", "-c", STOPPED, uri]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 9
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as half:
        assert half.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)
    with connection(uri) as client:
        assert [found.name for found in client.search_experiments()] == ["Default"]
        client.create_registered_model("churn")
    with connection(uri) as client:  # it holds something now
        assert client.get_registered_model("churn").name == "churn"


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("(sqlite3.OperationalError) database or disk is full [SQL: ...]", "database or disk is full"),
        ("(sqlite3.OperationalError) attempt to write a readonly database", "attempt to write a readonly database"),
        ("(sqlite3.OperationalError) unable to open database file", "unable to open database file"),
    ],
)
@pytest.mark.filterwarnings("ignore:.*AnyType:UserWarning")
def test_what_a_disk_refuses_to_a_store_is_said_of_the_disk(said: str, message: str) -> None:
    from mlflow.exceptions import MlflowException

    with pytest.raises(InfrastructureError) as caught, answering("sqlite:////var/lib/mlflow.db"):
        raise MlflowException(said)
    assert str(caught.value) == f"/var/lib/mlflow.db: {message}"
    assert caught.value.hint.endswith(", then run this again")
