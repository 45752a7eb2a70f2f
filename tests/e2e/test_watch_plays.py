"""The compiled monitor workflow, executed: from what a server shipped to one retraining pull request that CI judges."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from mlops.compiler.github.common_steps import cron
from mlops.files.remote_folder import RemoteFolder
from mlops.serve.app import create
from tests.builders.client import Client
from tests.builders.repositories import edit, git
from tests.builders.shop import make_shop, propose
from tests.e2e import plays
from tests.e2e.plays import KEY
from tests.runner.api import Api
from tests.runner.engine import Engine
from tests.runner.event import schedule
from tests.runner.origin import Origin
from tests.runner.result import Run
from tests.runner.run import Runner

pytestmark = plays.MARKS

HOURLY = 600  # rows
DAY = datetime.now(UTC).date() - timedelta(
    days=1
)  # the workflow asks for what is served now: a log of long ago has ended
START = datetime.combine(DAY, time(), UTC).timestamp()
MONITOR = """\
monitor:
  every: day
  window: hour
  log: file://{folder}/log
  labels: file://{folder}/labels.csv
  retrain: {{when: [drift], minimum_new_labels: 100}}
"""


@dataclass
class Team(plays.Team):
    """A team whose model serves; where, and for how many hours so far."""

    served: Path
    hours: int = 0

    def watch(self) -> Run:
        run = self.play(schedule(self.origin.head(), cron("shop", "day")), "monitor")
        assert run is not None
        return run

    def serve(self, *youngest: int, to: str = "log") -> None:
        """Serve an hour of people for each age given, none of them younger than this; labels come at once."""
        sent = 0

        def clock() -> int:
            return int((START + (self.hours + sent / HOURLY) * 3600) * 1e9)

        app = create(
            self.work / "pipelines/churn/artifacts/bundle",
            log=self.served / "spool",
            ship=RemoteFolder(f"file://{self.served}/{to}"),
            clock=clock,
        )
        client, chance = Client(app), random.Random(self.hours)
        labels = self.served / "labels.csv"
        known = labels.read_text() if labels.exists() else "prediction_id,time,left\n"
        for age in youngest:
            for _ in range(HOURLY // 100):
                rows = [person(chance, age) for _ in range(100)]
                answer = client.post("/invocations", json={"dataframe_records": rows})
                assert answer.status_code == 200, answer.text
                name = answer.headers["x-prediction-id"]
                known += "".join(
                    f"{name}-{k},{DAY}T00:00:00Z,{str(left(chance, row)).lower()}\n" for k, row in enumerate(rows)
                )
                sent += 100
        app.state.log.close()
        app.state.shipping.close()
        labels.write_text(known)
        self.hours += len(youngest)


def person(chance: random.Random, youngest: int) -> dict[str, object]:
    age = chance.randint(youngest, max(90, youngest + 10))
    return {"age": age, "visits": chance.randint(0, 30), "plan": chance.choice(["free", "paid"])}


def left(chance: random.Random, row: dict[str, object]) -> bool:
    return (int(str(row["age"])) - 54) / 18 - (int(str(row["visits"])) - 15) / 8 + chance.gauss(0, 1) > 0


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """A team whose model was trained at home, merged, and serves."""
    folder = tmp_path_factory.mktemp("team")
    work, served = make_shop(folder / "work", "churn"), folder / "served"
    plays.keep_registry(work, folder / "mlflow.db")
    plays.settle(work, folder / "remote")
    plays.watch(work, MONITOR.format(folder=served))
    propose(work, "Watch what serves")
    plays.learn(work, "Learn")
    origin = Origin.of(work, folder / "origin.git")
    with Engine() as engine, Api() as api:
        runner = Runner(engine, origin, folder / "runs", api, environments={"mlops-main": {"MLOPS_APP_KEY": KEY}})
        yield Team(work, origin, runner, api, served)


@pytest.fixture(scope="module")
def alarmed(team: Team) -> Run:
    """Two hours as in training, two with nobody young, one more as in training, and the night's run."""
    team.serve(18, 18, 40, 40, 18)
    return team.watch()


def test_drift_on_the_schedule_opens_one_pull_request_in_the_name_of_the_app(team: Team, alarmed: Run) -> None:
    assert alarmed.results == {"due": "success", "watch": "success", "retrain": "success"}, alarmed.log
    assert "::error" not in alarmed.log, "the alarm is a pull request"
    (pull,) = team.api.pulls
    assert pull["user"]["login"] == "Iv1shop[bot]"
    assert pull["title"] == f"Retrain churn on labels until {DAY}"
    changed, entry = sorted(team.origin.changed("main", pull["head"]["ref"]))
    assert entry.startswith("pipelines/churn/ledger/model/")
    assert changed.startswith(f"pipelines/churn/data/rows/table.until-{DAY:%Y%m%d}T")
    (watcher,) = alarmed["watch"].instances
    assert watcher.permissions == {"contents": "read"}
    assert KEY not in alarmed.log


def test_the_pull_request_becomes_green_by_itself(team: Team, alarmed: Run) -> None:
    assert alarmed["retrain"].result == "success", alarmed.log
    git(team.work, "fetch", "-q", "origin", team.api.pulls[0]["head"]["ref"])
    git(team.work, "checkout", "-q", "--force", "FETCH_HEAD")
    run = team.runner.event(team.origin.pull_request(team.work, team.api.pulls[0]["number"]))
    assert run is not None
    assert run["verdict"].result == "success", run.log
    (judged,) = run["pipeline"].instances
    ran = re.findall(r"Running stage 'pipelines/churn/dvc.yaml:(\w+)'", judged.step("Run").log)
    assert ran == ["ingest", "validate", "split", "features", "train", "bundle", "evaluate", "gate", "package"]
    assert "ingest: 2,900 rows" in judged.step("Run").log


def test_the_next_day_the_same_cause_keeps_the_same_pull_request(team: Team, alarmed: Run) -> None:
    assert alarmed["retrain"].result == "success", alarmed.log
    before = team.api.pulls[0]["head"]["ref"]
    again = team.watch()
    assert "pull request unchanged" in again.log, again.log
    team.serve(40, 40)
    later = team.watch()
    assert later.results == {"due": "success", "watch": "success", "retrain": "success"}, later.log
    assert "pull request updated" in later.log
    (pull,) = team.api.pulls
    assert pull["head"]["ref"] == before


def test_a_broken_feed_proposes_nothing(team: Team, alarmed: Run) -> None:
    assert alarmed["retrain"].result == "success", alarmed.log
    calls = len(team.api.calls)
    team.serve(100, 18)
    run = team.watch()
    assert run.results == {"due": "success", "watch": "failure", "retrain": "skipped"}, run.log
    assert "data-incident" in run.log
    assert "::error title=Monitor::an alarm or a data incident that no pull request tells" in run.log
    assert len(team.api.calls) == calls


def test_a_policy_by_schedule_asks_without_an_alarm(team: Team, alarmed: Run) -> None:
    assert alarmed["retrain"].result == "success", alarmed.log
    team.pull()
    edit(team.work, "conf/pipeline/churn.yaml", "{when: [drift]", "{when: [schedule]")
    edit(team.work, "conf/pipeline/churn.yaml", f"{team.served}/log", f"{team.served}/calm")
    propose(team.work, "Learn by the calendar")
    git(team.work, "push", "-q", "--force", "origin", "HEAD:refs/heads/main")
    team.serve(18, 18, 18, to="calm")
    team.api.pulls.clear()
    run = team.watch()
    assert run.results == {"due": "success", "watch": "success", "retrain": "success"}, run.log
    assert "it is time by the schedule" in run.log
    assert "::error" not in run["watch"].instances[0].step("Monitor").log
    (pull,) = team.api.pulls
    assert "no alarm: the schedule asks for it" in pull["body"]
