"""A company: people and a robot that change main by pull requests, servers whose clock is the test's, a registry."""

from __future__ import annotations

import io
import json
import random
import sqlite3
from collections.abc import Iterator
from contextlib import chdir, closing, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from mlops.cli.main import run
from mlops.compiler.github.common_steps import cron
from mlops.files.remote_folder import RemoteFolder
from mlops.operations.running.serve import find_bundle
from mlops.serve.app import create
from tests.builders.client import Client
from tests.builders.repositories import edit, git
from tests.builders.shop import make_shop, propose
from tests.e2e import plays
from tests.runner.api import Api
from tests.runner.engine import Engine
from tests.runner.event import Event, dispatch, schedule
from tests.runner.origin import Origin
from tests.runner.result import Run
from tests.runner.run import ENVIRONMENT, Runner

ROBOT = "Iv1shop[bot]"
HOURLY, BATCH = 600, 100  # rows
DAY = datetime.now(UTC).date() - timedelta(days=3)
"""When serving begins: a log that ended a week ago is judged as silent, so that the year lies within a few days."""
START = datetime.combine(DAY, time(), UTC).timestamp()

_VERDICTS = """\
SELECT judged.value FROM model_version_tags AS judged JOIN model_version_tags AS made USING (name, version)
WHERE judged.key = 'mlops.verdict' AND made.key = 'mlops.bundle' AND name = ? AND made.value = ?
"""
ENVIRONMENTS = ("staging: {propose: true}", "production: {after: staging, role: live}")
MONITOR = """\
monitor:
  every: day
  window: hour
  log: file://{folder}/log
  labels: file://{folder}/labels.csv
  performance: {{metric: log_loss, at_most: 0.5, labels_within_days: 0}}
  retrain: {{when: [drift], minimum_new_labels: 100, cooldown_days: 1}}
"""


@dataclass(frozen=True)
class Pull:
    """A pull request that is open."""

    number: int
    branch: str
    author: str
    body: str = ""


@dataclass
class Company(plays.Team):
    """Everybody and everything of it; `work` is where people train, `reader` a clone in which nothing is ever trained.

    `month` is said by whatever fails, `learnt` are the pipelines whose last run was made in `work`, `hours` is for how
    long was served, `down` is the registry.
    """

    folder: Path
    reader: Path
    month: str = "January"
    learnt: set[str] = field(default_factory=set)
    hours: int = 0
    opened: int = 100
    down: bool = False

    @property
    def database(self) -> Path:
        return self.folder / "mlflow.db"

    @property
    def served(self) -> Path:
        """Where servers ship what they logged, and where labels arrive."""
        return self.folder / "served"

    def that(self, holds: object, said: str) -> None:
        """Fail with the month where something does not hold."""
        if not holds:
            pytest.fail(f"{self.month}: {said}", pytrace=False)

    def open(self, login: str, branch: str, message: str, *learnt: str) -> Pull:
        """Have a person train at home what they edited, which compiles it first, and open a pull request."""
        with acting(login):
            if learnt:
                plays.learn(self.work, message, *learnt)
                self.learnt |= set(learnt)
            else:
                propose(self.work, message)
        git(self.work, "push", "-q", "origin", f"HEAD:refs/heads/{branch}")
        self.opened += 1
        return Pull(self.opened, branch, login)

    def proposed(self, branch: str) -> Pull:
        """Find the one open pull request of a branch that a workflow proposed, or of several that begin so."""
        found = [pull for pull in self.pulls() if pull["head"]["ref"].startswith(branch)]
        self.that(len(found) == 1, f"{len(found)} pull requests of {branch} are open")
        (pull,) = found
        self.that(pull["user"]["login"] == ROBOT, f"{branch} was proposed by {pull['user']['login']}")
        return Pull(pull["number"], pull["head"]["ref"], ROBOT, pull["body"])

    def pulls(self) -> list[dict[str, Any]]:
        """List what workflows proposed and nobody merged."""
        return [pull for pull in self.api.pulls if pull["state"] == "open"]

    def judge(self, pull: Pull) -> Run:
        """Play the workflow that judges a pull request; it must say yes."""
        git(self.reader, "fetch", "-q", "origin", pull.branch)
        git(self.reader, "checkout", "-q", "--detach", "FETCH_HEAD")
        event = self.origin.pull_request(self.reader, pull.number, source=pull.branch, author=pull.author)
        git(self.reader, "checkout", "-q", "main")
        return self.ended(event, "pr", verdict="success", comment="success")

    def merge(self, pull: Pull, by: str) -> Event:
        """Have a person merge a pull request; everybody sees it."""
        head = self.origin.head(pull.branch)
        with acting(by):
            event = self.origin.merge(pull.branch)
        self.api.ran.merged(event.sha, pull.number, head, branch=pull.branch)
        self.api.ran.approved(pull.number, head, by)
        for known in self.pulls():
            if known["head"]["ref"] == pull.branch:
                known["state"] = "closed"
        self.see()
        return event

    def see(self) -> None:
        """Have everybody fetch main."""
        for desk in (self.work, self.reader):
            git(desk, "fetch", "-q", "origin", "+main:refs/remotes/origin/main")
            git(desk, "reset", "-q", "--hard", "origin/main")

    def ended(self, event: Event, workflow: str, **results: str) -> Run:
        """Play a workflow, whose jobs must end so; all others must not fail."""
        run = self.play(event, workflow)
        assert run is not None, f"{self.month}: {workflow} did not start"
        well = ("success", "skipped")
        ended = run.results.items()
        wrong = {job: result for job, result in ended if result not in ((results[job],) if job in results else well)}
        self.that(not wrong, f"the workflow {workflow} ended with {wrong}\n{run.log if wrong else ''}")
        return run

    def main(self, event: Event, *, new: int) -> Run:
        """Play what follows a merge, by which the registry must get so many versions."""
        before = self.versions()
        run = self.ended(event, "main", take="success", **({"register": "success"} if new else {}))
        got = self.versions() - before
        self.that(got == new, f"{got} versions are new in the registry, not {new}\n{run.log}")
        return run

    def reconcile(self, event: Event) -> Run:
        """Play what follows a release; the registry must then say what Git says."""
        run = self.ended(event, "release", **{"reconcile-staging": "success", "reconcile-production": "success"})
        self.agreed()
        return run

    def agreed(self) -> None:
        _, out, _ = speak(self.reader, "show", "-o", "json")
        said = {(live["name"], live["environment"]): live["registry"] for live in json.loads(out)["live"]}
        self.that(set(said.values()) == {"agrees"}, f"the registry does not say what Git says: {said}")

    def watch(self, **results: str) -> Run:
        """Reach the hour at which the monitor runs."""
        event = schedule(self.origin.head(), cron("shop", "day"))
        return self.ended(event, "monitor", due="success", **results)

    def press(self, workflow: str, *, name: str = "churn", **inputs: str) -> Run:
        """Have a person start a workflow by its button."""
        return self.ended(dispatch(self.origin.head(), name=name, **inputs), workflow)

    def versions(self) -> int:
        if not self.database.exists():
            return 0
        ((count,),) = self._asked("SELECT count(*) FROM model_versions")
        return int(count)

    def verdicts(self, name: str, bundle: str) -> list[str] | None:
        """Give what the registry says of each version that is a bundle; None where it cannot be asked."""
        if self.down or not self.database.exists():
            return None
        rows = self._asked(_VERDICTS, name, bundle)
        return [verdict for (verdict,) in rows]

    def _asked(self, question: str, *values: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.database)) as database:
            return database.execute(question, values).fetchall()

    @contextmanager
    def registry_down(self) -> Iterator[None]:
        """Have the registry's disk give something else than a database."""
        aside = self.folder / "aside.db"
        self.database.rename(aside)
        self.database.write_bytes(b"this disk is gone\n")
        self.down = True
        try:
            yield
        finally:
            self.down = False
            aside.replace(self.database)

    def serve(self, *hours: tuple[int, ...]) -> None:
        """Let what is live in production answer, hour after hour; labels come at once.

        An hour has six requests, each by people none of whom is younger than an age; the ages given take turns.
        """
        folder, _, place = find_bundle(self.reader, "churn", "production")
        sent = 0

        def clock() -> int:
            return int((START + (self.hours + sent / HOURLY) * 3600) * 1e9)

        ship = RemoteFolder(f"file://{self.served}/log/{place}")
        app = create(folder, log=self.folder / "spool", ship=ship, clock=clock)
        client, chance = Client(app), random.Random(self.hours)
        lines: list[str] = []
        for ages in hours:
            for turn in range(HOURLY // BATCH):
                rows = [person(chance, ages[turn % len(ages)]) for _ in range(BATCH)]
                answer = client.post("/invocations", json={"dataframe_records": rows})
                assert answer.status_code == 200, f"{self.month}: {answer.text}"
                name = answer.headers["x-prediction-id"]
                lines += [f"{name}-{k},{DAY}T00:00:00Z,{left(chance, row)}\n" for k, row in enumerate(rows)]
                sent += BATCH
        app.state.log.close()
        app.state.shipping.close()
        with (self.served / "labels.csv").open("a") as labels:
            labels.writelines(lines)
        self.hours += len(hours)


def person(chance: random.Random, youngest: int) -> dict[str, int | str]:
    age = chance.randint(youngest, max(90, youngest + 10))
    return {"age": age, "visits": chance.randint(0, 30), "plan": chance.choice(["free", "paid"])}


def left(chance: random.Random, row: dict[str, int | str]) -> str:
    gone = (int(row["age"]) - 54) / 18 - (int(row["visits"]) - 15) / 8 + chance.gauss(0, 1) > 0
    return str(gone).lower()


def speak(root: Path, *words: str) -> tuple[int, str, str]:
    """Have a verb speak in this process, which has imported already what verbs take seconds to import."""
    out, said = io.StringIO(), io.StringIO()
    with chdir(root), redirect_stdout(out), redirect_stderr(said):
        code = run(words)
    return code, out.getvalue(), said.getvalue()


@contextmanager
def acting(login: str) -> Iterator[None]:
    """Be a person, as far as Git is told."""
    with pytest.MonkeyPatch.context() as patch:
        for role in ("AUTHOR", "COMMITTER"):
            patch.setenv(f"GIT_{role}_NAME", login)
            patch.setenv(f"GIT_{role}_EMAIL", f"{login}@shop.example")
        yield


def found(folder: Path, engine: Engine, api: Api) -> Company:
    """Lay out two models, one of them learnt by Grace, in a first commit that nobody could judge yet."""
    served = folder / "served"
    served.mkdir()
    (served / "labels.csv").write_text("prediction_id,time,left\n")
    with acting("grace"):
        work = make_shop(folder / "work", "churn", "visits")
        over = "at_least: 0.8\n    over_champion: {no_worse_than: 0.05}"
        edit(work, "conf/pipeline/churn.yaml", "at_least: 0.85", over)
        plays.keep_registry(work, folder / "mlflow.db", *ENVIRONMENTS)
        plays.settle(work, folder / "remote")
        plays.watch(work, MONITOR.format(folder=served))
        propose(work, "Two environments, a remote, and who watches")
        plays.learn(work, "Learn visits", "visits")
    origin = Origin.of(work, folder / "origin.git")
    runner = Runner(engine, origin, folder / "runs", api, environments={"mlops-main": {"MLOPS_APP_KEY": plays.KEY}})
    return Company(work, origin, runner, api, folder, _clone(origin, folder / "reader"), learnt={"visits"})


def _clone(origin: Origin, folder: Path) -> Path:
    """Clone main as somebody does who only reads."""
    git(folder.parent, "clone", "-q", str(origin.folder), str(folder))
    (folder / ".git/info/exclude").write_text("/.venv\n")
    (folder / ".venv").symlink_to(ENVIRONMENT)
    return folder
