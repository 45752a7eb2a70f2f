"""A team's repository, origin, registry and log, and what its verbs leave there when one call out of them is spoilt."""

from __future__ import annotations

import copy
import hashlib
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mlops.serve.app import create
from tests.builders.client import Client
from tests.builders.repositories import git
from tests.builders.shop import make_shop, propose
from tests.conftest import ROOT
from tests.runner.api import Api

VERBS = ("run", "register", "release", "reconcile", "monitor", "retrain")
_START = datetime(2026, 11, 2, tzinfo=UTC)
_UNTIL = "2026-11-02T06:00:00Z"
_HOURS, _HOURLY = 6, 600
_WORDS = {
    "run": ("run", "churn"),
    "register": ("register", "churn"),
    "release": ("release", "churn", "--env", "staging", "--propose"),
    "reconcile": ("reconcile", "--env", "staging"),
    "monitor": ("monitor", "churn", "--until", _UNTIL),
    "retrain": ("retrain", "churn", "--propose"),
}
_PROJECT = """\
name: shop
tracking: {{uri: "sqlite:///{folder}/mlflow.db"}}
ci: {{kind: none}}
environments: {{staging: {{role: live}}}}
"""
_MONITOR = """\
monitor:
  every: hour
  window: hour
  log: file://{folder}/log
  labels: labels.csv
  retrain: {{when: [drift], minimum_new_labels: 100}}
"""
_ITS_OWN = (".git", ".venv", ".mlops/cache", ".mlops/locks", ".mlops/durations", ".mlops/tmp", ".dvc/tmp", ".dvc/cache")
_TABLES = (
    "SELECT name, version, status FROM model_versions",
    "SELECT name, version, key, value FROM model_version_tags",
    "SELECT name, alias, version FROM registered_model_aliases",
    "SELECT name, key, value FROM registered_model_tags",
)


@dataclass(frozen=True)
class Ended:
    """How a verb ended, what it printed, a mark for each call out of it, and whether one was spoilt."""

    code: int
    said: str
    calls: str
    spoilt: bool

    def of(self, kind: str) -> list[int]:
        """Number the calls that a kind of fault can meet: the first is 1."""
        return [at for at, mark in enumerate(self.calls, 1) if kind == "kill" or mark == "w"]


class World:
    """Everything that a verb can reach, in one folder, and copies of it as each verb finds it."""

    def __init__(self, folder: Path) -> None:
        self.here, self.saved = folder / "world", folder / "saved"
        self.work = self.here / "work"
        self.pulls: list[dict[str, Any]] = []
        self._before: dict[str, list[dict[str, Any]]] = {}

    def make(self) -> None:
        """Begin a repository with one model that nobody trained yet."""
        work = make_shop(self.work, "churn")
        (work / "conf/project.yaml").write_text(_PROJECT.format(folder=self.here))
        with (work / "conf/pipeline/churn.yaml").open("a") as pipeline:
            pipeline.write(_MONITOR.format(folder=self.here))
        data, table = work / "pipelines/churn/data", work / "pipelines/churn/data/rows/table.csv"
        table.parent.mkdir()
        (data / "table.csv").rename(table)
        described = work / "conf/data/churn.yaml"
        described.write_text(described.read_text().replace("path: data/table.csv", "path: data/rows"))
        propose(work, "One model")
        git(work, "branch", "-M", "main")
        git(work, "clone", "-q", "--bare", str(work), str(self.here / "origin.git"))
        git(work, "remote", "add", "origin", str(self.here / "origin.git"))

    def save(self, verb: str) -> None:
        """Keep the world as it is before a verb."""
        shutil.copytree(self.here, self.saved / verb, symlinks=True)
        self._before[verb] = copy.deepcopy(self.pulls)

    def reset(self, verb: str) -> None:
        """Make the world as it was before a verb."""
        shutil.rmtree(self.here)
        shutil.copytree(self.saved / verb, self.here, symlinks=True)
        self.pulls = copy.deepcopy(self._before[verb])

    def say(self, verb: str, kind: str = "", at: int = -1) -> Ended:
        """Have a verb speak, its `at`-th call out of it spoilt; 1 is the first."""
        count, spoilt = self.here.parent / "count", self.here.parent / "count.spoilt"
        count.unlink(missing_ok=True)
        spoilt.unlink(missing_ok=True)
        with Api(pulls=self.pulls, tokens={"app": {"pull-requests": "write", "contents": "write"}}) as api:
            done = subprocess.run(
                [sys.executable, "-m", "mlops", *_WORDS[verb]],
                cwd=self.work,
                env=self._environment(api) | {"FAULT_COUNT": str(count), "FAULT_AT": str(at), "FAULT_KIND": kind},
                capture_output=True,
                text=True,
                check=False,
            )
            self.pulls = api.pulls
        calls = count.read_text() if count.exists() else ""
        return Ended(done.returncode, done.stdout + done.stderr, calls, spoilt.exists())

    def _environment(self, api: Api) -> dict[str, str]:
        plain = {
            name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "MLOPS_", "MLFLOW_"))
        }
        moment = "2026-11-02T12:00:00Z"
        return plain | {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": f"{Path(__file__).parent / 'faulty'}:{ROOT}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "FAULT_ROOT": str(self.here),
            "GIT_AUTHOR_DATE": moment,
            "GIT_COMMITTER_DATE": moment,
            "GITHUB_API_URL": api.url,
            "GITHUB_REPOSITORY": "shop/models",
            "MLOPS_TOKEN": "app",
        }

    def between(self, verb: str) -> None:
        """Do what people do after a verb: commit a run, merge a release, serve what is live."""
        if verb == "run":
            git(self.work, "add", "-A")
            git(self.work, "commit", "-q", "-m", "Learn")
            git(self.work, "push", "-q", "origin", "main")
        if verb == "release":
            git(self.work, "fetch", "-q", "origin", self.pulls[-1]["head"]["ref"])
            git(self.work, "reset", "-q", "--hard", "FETCH_HEAD")
            git(self.work, "push", "-q", "--force", "origin", "HEAD:main")
        if verb == "reconcile":
            self._serve()
            git(self.work, "add", "-A")
            git(self.work, "commit", "-q", "-m", "Labels")
            git(self.work, "push", "-q", "origin", "main")

    def _serve(self) -> None:
        """Answer six hours of people, the last three older; all labels come at the end."""
        sent = 0

        def clock() -> int:
            return int((_START.timestamp() + sent * 3600 / _HOURLY) * 1e9)

        app = create(self.work / "pipelines/churn/artifacts/bundle", log=self.here / "log", clock=clock)
        client, chance, labels = Client(app), random.Random(0), ["prediction_id,time,left"]
        for batch in range(_HOURS * _HOURLY // 100):
            youngest = 18 if batch < _HOURS * _HOURLY // 200 else 50
            rows = [_person(chance, youngest) for _ in range(100)]
            answer = client.post("/invocations", json={"dataframe_records": rows})
            assert answer.status_code == 200, answer.text
            name = answer.headers["x-prediction-id"]
            labels += [f"{name}-{row},{_UNTIL},{str(rows[row]['age'] > 54).lower()}" for row in range(100)]
            sent += 100
        app.state.log.close()
        (self.work / "labels.csv").write_text("\n".join(labels) + "\n")

    def state(self) -> dict[str, str]:
        """Say what there is now: files by digest, the origin's branches, pull requests, the registry."""
        found = {f"file {name}": digest for name, digest in self._files()}
        for line in git(self.here / "origin.git", "for-each-ref", "--format=%(refname) %(objectname)").splitlines():
            name, digest = line.split()
            found[f"ref {name}"] = digest
        for number, pull in enumerate(self.pulls):
            found[f"pull {number}"] = f"{pull['head']['ref']} {pull['state']} {pull['title']} {pull['body']}"
        return found | dict(self._registry())

    def _files(self) -> Iterator[tuple[str, str]]:
        for path in sorted(self.work.rglob("*")):
            name = path.relative_to(self.work).as_posix()
            if path.is_file() and not path.is_symlink() and not name.startswith(_ITS_OWN):
                yield name, hashlib.sha256(path.read_bytes()).hexdigest()

    def _registry(self) -> Iterator[tuple[str, str]]:
        database = self.here / "mlflow.db"
        if not database.exists():
            return
        with _reading(database) as connection:
            for table in _TABLES:
                for number, row in enumerate(sorted(map(repr, connection.execute(table).fetchall()))):
                    yield f"{table.rpartition(' ')[2]} {number}", row


def _person(chance: random.Random, youngest: int) -> dict[str, Any]:
    return {
        "age": chance.randint(youngest, 90),
        "visits": chance.randint(0, 30),
        "plan": chance.choice(["free", "paid"]),
    }


@contextmanager
def _reading(database: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(database)
    try:
        yield connection
    finally:
        connection.close()


@dataclass(frozen=True)
class Outcome:
    """What one spoilt call led to: how the verb ended, and what the next one, left alone, did not put right."""

    verb: str
    kind: str
    at: int
    code: int
    wrong: tuple[str, ...]


def attempt(world: World, verb: str, kind: str, at: int, wanted: Mapping[str, str], code: int) -> Outcome | None:
    """Spoil one call of a verb, have it speak again, and hold what there is then against `wanted`.

    None where there was nothing to spoil.
    """
    world.reset(verb)
    first = world.say(verb, kind, at)
    if not first.spoilt:
        return None
    wrong = ["a traceback"] if "Traceback" in first.said else []
    again = world.say(verb)
    if again.code != code:
        wrong.append(f"the next one ended with {again.code}: {again.said.strip().splitlines()[-1:]}")
    return Outcome(verb, kind, at, first.code, (*wrong, *differences(wanted, world.state())))


def differences(one: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    """List what is in one state and not, or otherwise, in the other."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
