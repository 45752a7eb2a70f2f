from __future__ import annotations

import fcntl
from pathlib import Path

from mlops.files.sqlite_store import absolute, artifact_location, one_at_a_time, path_of


def test_a_relative_sqlite_file_is_relative_to_the_repository(tmp_path: Path) -> None:
    assert absolute(tmp_path, "sqlite:///.mlops/m.db") == f"sqlite:///{tmp_path}/.mlops/m.db"
    assert absolute(tmp_path, "sqlite:////var/m.db") == "sqlite:////var/m.db"
    assert absolute(tmp_path, "https://example.org") == "https://example.org"


def test_artifacts_stand_beside_the_file_and_a_server_has_its_own_place() -> None:
    assert artifact_location("sqlite:////a/.mlops/mlflow.db", "churn") == "/a/.mlops/mlartifacts/churn"
    assert artifact_location("https://mlflow.example", "churn") is None
    assert path_of("https://mlflow.example") is None


def test_a_file_is_had_by_one_at_a_time_and_a_server_by_all(tmp_path: Path) -> None:
    with one_at_a_time("https://mlflow.example"), one_at_a_time("https://mlflow.example"):
        pass
    with one_at_a_time(f"sqlite:///{tmp_path}/deep/m.db"):
        assert not free(tmp_path / "deep" / "m.db.lock")
    assert free(tmp_path / "deep" / "m.db.lock")


def free(lock: Path) -> bool:
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
