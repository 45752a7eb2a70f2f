"""An MLflow server with a login, on Debian's PostgreSQL, with its artifacts in an S3 store: what a team has at work.

The programs are those of `.requirements/services.txt`, beside this environment and not in it, and of apt's postgresql.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.builders.waiting import end, started, wait_until
from tests.conftest import ROOT

PROGRAMS = ROOT / ".mlops" / "services"
ADMIN, READER = "keeper", "reader"
_DEBIAN = Path("/usr/lib/postgresql")
_LOGIN = """\
[mlflow]
default_permission = READ
database_uri = {database}
admin_username = {admin}
authorization_function = mlflow.server.auth:authenticate_request_basic_auth
grant_default_workspace_access = true
"""


@dataclass(frozen=True)
class Server:
    """An MLflow server; `passwords` are by login: one may do everything, one only reads."""

    uri: str
    passwords: Mapping[str, str]
    bucket: Path

    def login(self, name: str) -> dict[str, str]:
        """Give the environment of whoever has a login."""
        return {"MLFLOW_TRACKING_USERNAME": name, "MLFLOW_TRACKING_PASSWORD": self.passwords[name]}


def missing() -> str:
    """Say which program is not there; nothing where all are."""
    if not _postgres("initdb").is_file():
        return "no PostgreSQL: apt-get install postgresql"
    if not (PROGRAMS / "moto").is_dir():
        return "no moto, or no driver for PostgreSQL: make services"
    return ""


def _postgres(program: str) -> Path:
    """Find a program of PostgreSQL's; Debian keeps those of each version in a folder of its own."""
    versions = sorted(_DEBIAN.glob("*/bin"), key=lambda path: int(path.parent.name)) if _DEBIAN.is_dir() else []
    found = shutil.which(program, path=os.pathsep.join([*map(str, reversed(versions)), os.environ["PATH"]]))
    return Path(found or program)


@contextmanager
def server(passwords: Mapping[str, str]) -> Iterator[Server]:
    """Start all three, each on a port that is free, and stop them; `passwords` are those of both logins."""
    with tempfile.TemporaryDirectory(prefix="mlops-services-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as somebody else where this runs as root
        with (
            _database(folder, "of-the-database") as database,
            _store(folder) as store,
            _mlflow(folder, database, store, passwords[ADMIN]) as uri,
        ):
            reader = {"username": READER, "password": passwords[READER]}
            keeper = (ADMIN, passwords[ADMIN])
            made = httpx.post(f"{uri}/api/2.0/mlflow/users/create", json=reader, auth=keeper, timeout=None)
            made.raise_for_status()
            yield Server(uri, passwords, folder)


@contextmanager
def _database(folder: Path, password: str) -> Iterator[str]:
    """Start PostgreSQL on a socket in a folder; it refuses to run as root."""
    place = folder / "postgres"
    place.mkdir()
    (place / "password").write_text(password)
    who: dict[str, Any] = {}
    if os.getuid() == 0:
        owner = pwd.getpwnam("postgres")
        who = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        for path in (place, place / "password"):
            os.chown(path, owner.pw_uid, owner.pw_gid)
    begin = [_postgres("initdb"), "--pgdata", place / "data", "--username", ADMIN, "--pwfile", place / "password"]
    begin += ["--auth", "scram-sha-256", "--no-sync", "--encoding", "UTF8", "--locale", "C"]
    done = subprocess.run(begin, cwd=place, capture_output=True, text=True, check=False, **who)
    assert done.returncode == 0, done.stdout + done.stderr
    command = [str(_postgres("postgres")), "-D", str(place / "data"), "-k", str(place)]
    command += ["-c", "listen_addresses=", "-c", "fsync=off"]
    with (place / "log").open("w") as log, started(command, cwd=place, stdout=log, stderr=log, **who) as process:
        asks = [_postgres("pg_isready"), "--host", place, "--username", ADMIN]
        wait_until(lambda: process.poll() is not None or _ends_well(asks))
        assert process.poll() is None, (place / "log").read_text()
        try:
            yield f"postgresql+psycopg://{ADMIN}:{password}@/postgres?host={place}"
        finally:
            end(process, signal.SIGINT)  # killed, it would leave shared memory behind


def _ends_well(command: Sequence[Any]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@contextmanager
def _store(folder: Path) -> Iterator[str]:
    """Start an S3 store with one bucket."""
    with _speaking(folder / "moto.log", "moto.server", "-H", "127.0.0.1", "-p", "0") as address:
        httpx.put(f"{address}/models", timeout=None).raise_for_status()
        yield address


@contextmanager
def _mlflow(folder: Path, database: str, store: str, password: str) -> Iterator[str]:
    """Start MLflow with its own login; no client reaches the store but through it."""
    (folder / "login.ini").write_text(_LOGIN.format(database=database.replace("%", "%%"), admin=ADMIN))
    environment = {
        "AWS_ACCESS_KEY_ID": "key-of-the-store",
        "AWS_SECRET_ACCESS_KEY": "secret-of-the-store",
        "AWS_DEFAULT_REGION": "us-east-1",
        "MLFLOW_AUTH_ADMIN_PASSWORD": password,
        "MLFLOW_AUTH_CONFIG_PATH": str(folder / "login.ini"),
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_FLASK_SERVER_SECRET_KEY": "of-the-forms",
        "MLFLOW_S3_ENDPOINT_URL": store,
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }
    where = ["--backend-store-uri", database, "--artifacts-destination", "s3://models", "--serve-artifacts"]
    command = ["mlflow", "server", "--app-name", "basic-auth", *where, "--host", "127.0.0.1", "--port", "0"]
    with _speaking(folder / "mlflow.log", *command, "--workers", "1", **environment) as address:
        yield address


@contextmanager
def _speaking(log: Path, *words: str, **environment: str) -> Iterator[str]:
    """Start a module that says where it listens; give the address."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MLFLOW_"))}
    values = plain | {"PYTHONPATH": str(PROGRAMS), "PYTHONUNBUFFERED": "1", "HOME": str(log.parent)} | environment
    said = re.compile(r"[Rr]unning on (http://127\.0\.0\.1:\d+)")
    options: dict[str, Any] = {"cwd": log.parent, "env": values}
    command = [sys.executable, "-W", "ignore", "-m", *words]
    with log.open("w") as file, started(command, stdout=file, stderr=file, **options) as process:
        wait_until(lambda: process.poll() is not None or said.search(log.read_text()) is not None)
        found = said.search(log.read_text())
        assert found is not None, log.read_text()
        yield found[1]
