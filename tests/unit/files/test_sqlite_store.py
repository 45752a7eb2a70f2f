from __future__ import annotations

import fcntl
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from mlops.files.sqlite_store import absolute, artifact_location, begin, one_at_a_time, path_of


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


TABLES = """
CREATE TABLE experiments (name TEXT, artifact_location TEXT);
CREATE TABLE alembic_version (version TEXT);
CREATE TABLE workspaces (name TEXT);
INSERT INTO alembic_version VALUES ('half');
INSERT INTO workspaces VALUES ('default');
"""
READY = "INSERT INTO experiments VALUES ('Default', '/where/it/ran/mlruns/0');"
RUN = "CREATE TABLE runs (id TEXT); INSERT INTO runs VALUES ('r');"


def fill(path: Path, *scripts: str) -> None:
    with closing(sqlite3.connect(path)) as store:
        for script in scripts:
            store.executescript(script)
        store.commit()


def made(uri: str) -> None:
    place = path_of(uri)
    assert place is not None
    fill(place, TABLES, READY)


def stopped(uri: str) -> None:
    place = path_of(uri)
    assert place is not None
    fill(place, TABLES)
    raise KeyboardInterrupt


def experiments(path: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as store:
        return store.execute("SELECT name, artifact_location FROM experiments").fetchall()


@pytest.mark.parametrize("before", [None, "", TABLES, "CREATE TABLE experiments (name TEXT);"])
def test_a_store_that_holds_nothing_begins_whole(before: str | None, tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    if before is not None:
        fill(path, before)
    begin(f"sqlite:///{path}", made)
    assert experiments(path) == [("Default", f"{tmp_path}/mlartifacts/0")], "never where the process happens to run"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "scripts",
    [
        (TABLES, READY),
        (TABLES, RUN),
        ("CREATE TABLE cooking (recipe TEXT);",),
    ],
    ids=["ready", "stopped in an upgrade", "another's"],
)
def test_a_store_that_holds_anything_or_is_anothers_is_left_alone(scripts: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    fill(path, *scripts)
    before = path.read_bytes()
    begin(f"sqlite:///{path}", stopped)
    assert path.read_bytes() == before


def test_what_is_no_database_and_what_is_a_server_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "m.db").write_text("these are not the tables you are looking for")
    begin(f"sqlite:///{tmp_path}/m.db", stopped)
    begin("https://mlflow.example", stopped)
    assert (tmp_path / "m.db").read_text().startswith("these")


def test_one_that_is_stopped_leaves_nothing_and_the_next_begins_again(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    with pytest.raises(KeyboardInterrupt):
        begin(f"sqlite:///{path}", stopped)
    assert list(tmp_path.iterdir()) == []
    begin(f"sqlite:///{path}", made)
    assert [name for name, _ in experiments(path)] == ["Default"]


KILLED = """
import os, signal, sqlite3, sys
from mlops.files.sqlite_store import begin, path_of

def make(uri):
    store = sqlite3.connect(path_of(uri))
    store.executescript("CREATE TABLE experiments (name TEXT); CREATE TABLE alembic_version (version TEXT);")
    store.execute("INSERT INTO alembic_version VALUES ('half')")  # in a transaction, with its journal beside
    os.kill(os.getpid(), signal.SIGKILL)

begin(sys.argv[1], make)
"""


def test_one_that_is_killed_leaves_a_part_that_the_next_throws_away(tmp_path: Path, repository: Path) -> None:
    path = tmp_path / "m.db"
    command = [sys.executable, "-c", KILLED, f"sqlite:///{path}"]
    environment = {**os.environ, "PYTHONPATH": str(repository)}
    assert subprocess.run(command, env=environment, check=False).returncode == -9
    assert not path.exists()
    assert (tmp_path / ".m.db.part").exists()
    begin(f"sqlite:///{path}", made)
    assert experiments(path) == [("Default", f"{tmp_path}/mlartifacts/0")], "never where the process happens to run"
    assert list(tmp_path.iterdir()) == [path]


def test_a_journal_without_its_store_is_not_played_back_into_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    (tmp_path / "m.db-journal").write_bytes(bytes.fromhex("d9d505f920a163d7") + b"\0" * 600)
    begin(f"sqlite:///{path}", made)
    assert experiments(path) == [("Default", f"{tmp_path}/mlartifacts/0")], "never where the process happens to run"
    assert list(tmp_path.iterdir()) == [path]


def pragmas(path: Path) -> tuple[int, str]:
    from sqlalchemy import create_engine, text

    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as store:
        said = store.execute(text("PRAGMA synchronous")).scalar_one(), store.execute(text("PRAGMA journal_mode"))
        told = int(said[0]), str(said[1].scalar_one())
    engine.dispose()
    return told


def test_the_disk_is_waited_for_once_while_the_tables_are_made_and_as_ever_afterwards(tmp_path: Path) -> None:
    seen: list[tuple[int, str]] = []

    def make(uri: str) -> None:
        place = path_of(uri)
        assert place is not None
        seen.extend([pragmas(place), pragmas(tmp_path / "another.db")])
        made(uri)

    begin(f"sqlite:///{tmp_path}/m.db", make)
    assert [*seen, pragmas(tmp_path / "m.db")] == [(0, "memory"), (2, "delete"), (2, "delete")]
