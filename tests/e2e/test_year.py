"""A year of two models, played with the compiled workflows; main is held to its laws after every merge."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape

import pytest

from tests.builders.repositories import commit, edit, git
from tests.conftest import ROOT
from tests.e2e import laws, plays
from tests.e2e.company import DAY, ROBOT, Company, Pull, acting, found, speak
from tests.e2e.laws import lawful, released
from tests.runner.api import Api
from tests.runner.engine import Engine
from tests.runner.event import Event, dispatch
from tests.runner.result import Run

pytestmark = plays.MARKS

ACCEPTED = f"""\
accepted:
  - check: outside
    column: age
    at_most: 1.0
    cause: "Since the campaign we reach people who are older than anybody before."
    owner: "@ada"
    approver: "@grace"
    since: "{DAY}"
    until: "{DAY + timedelta(days=60)}"
"""
ALL, OLDER, BOTH, ANCIENT = (18,), (40,), (18, 40, 40), (100,)
"""Who asks: people of any age, nobody young, both as they were learnt from in summer, people older than anybody was."""


@dataclass
class Year:
    """What is told later of it: the bundles of the model `churn` by version, runs by what they were about."""

    company: Company
    bundles: dict[str, str] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)

    @property
    def live(self) -> dict[tuple[str, str], str]:
        """What the release files name on main: {(pipeline, environment): bundle}."""
        return released(self.company.reader)

    def merge(self, pull: Pull, by: str, *, recorded: bool = True) -> Event:
        event = self.company.merge(pull, by)
        lawful(self.company, event, recorded=recorded)
        return event

    def stage(self, name: str, by: str) -> Event:
        """Merge the release to staging that a workflow proposed."""
        return self.merge(self.company.proposed(f"mlops/release/staging/{name}"), by)

    def promote(self, name: str, login: str, by: str) -> Pull:
        """Have a person write the release to production, and open its pull request."""
        company = self.company
        code, out, said = speak(company.work, "release", name, "--env", "production")
        company.that(code == 0, f"the release of {name} ends with {code}: {out}{said}")
        return company.open(login, f"{login}/release-{name}-{len(self.bundles)}", f"Release {name} to production")

    def note(self, version: str) -> None:
        """Note what is live in production now as a version."""
        self.bundles[version] = self.live["churn", "production"]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    with pytest.MonkeyPatch.context() as patch, Engine() as engine, Api() as api:
        patch.setenv("PYTHONPATH", str(ROOT))
        yield found(tmp_path_factory.mktemp("company"), engine, api)


@pytest.fixture(scope="module")
def january(company: Company) -> Year:
    """Ada's first model is judged and merged; both are registered, and go live one environment after the other."""
    year = Year(company)
    edit(company.work, "conf/data/churn.yaml", "between: [0, 120]", "between: [0, 115]")
    pull = company.open("ada", "ada/learn", "Nobody is that old", "churn")
    year.runs["first"] = company.judge(pull)
    year.merge(pull, "grace")
    year.runs["registered"] = company.main(dispatch(company.origin.head()), new=2)
    year.stage("churn", "ada")
    company.reconcile(year.stage("visits", "grace"))
    first = year.promote("churn", "ada", "grace")
    year.runs["release"] = company.judge(first)
    year.merge(first, "grace")
    event = year.merge(year.promote("visits", "grace", "ada"), "ada")
    company.reconcile(event)
    company.main(event, new=0)
    year.note("v1")
    return year


def test_in_january_two_models_are_judged_registered_and_released(january: Year) -> None:
    assert set(january.live) == {(name, place) for name in ("churn", "visits") for place in ("staging", "production")}
    assert january.runs["first"].results["pipeline"] == "success"
    assert "Running stage" not in january.runs["registered"].log, "what was trained at home is not trained again"
    assert january.runs["release"].results["pipeline"] == "skipped", "a release runs nothing"


@pytest.fixture(scope="module")
def march(january: Year) -> Year:
    """Grace's better model is merged; what is live is watched as before until that is released."""
    year, company = january, january.company
    company.month = "March"
    company.serve(ALL, ALL, ALL)
    pipeline = company.work / "conf/pipeline/churn.yaml"
    pipeline.write_text(pipeline.read_text() + "model: {linear: {l2: 2.0}}\n")
    pull = company.open("grace", "grace/softer", "Pull harder on large weights", "churn")
    year.runs["second"] = company.judge(pull)
    event = year.merge(pull, "ada")
    company.main(event, new=1)
    year.runs["watched"] = company.watch(watch="success", retrain="skipped")
    company.reconcile(year.stage("churn", "grace"))
    event = year.merge(year.promote("churn", "grace", "ada"), "ada")
    company.reconcile(event)
    company.main(event, new=0)
    year.note("v2")
    return year


def test_in_march_what_is_merged_and_not_released_is_not_watched(march: Year) -> None:
    assert march.bundles["v2"] != march.bundles["v1"]
    log = march.runs["watched"].log
    assert "churn: ok, " in log
    assert f"against bundle {march.bundles['v1'][:19]}…, production's" in log
    assert "auroc no worse than champion by 0.05" in march.runs["second"].summary


@pytest.fixture(scope="module")
def june(march: Year) -> Year:
    """Nobody young asks any more: the robot proposes to learn again, CI does, people merge and release."""
    year, company = march, march.company
    company.month = "June"
    company.serve(OLDER, OLDER, OLDER)
    year.runs["drift"] = company.watch(watch="success", retrain="success")
    pull = company.proposed("mlops/retrain/churn/production/")
    year.runs["retrained"] = company.judge(pull)
    event = year.merge(pull, "grace", recorded=False)
    company.learnt -= {"churn"}
    year.runs["taken"] = company.main(event, new=1)
    record = company.proposed("mlops/record/churn")
    company.main(year.merge(record, "ada"), new=0)
    company.reconcile(year.stage("churn", "ada"))
    event = year.merge(year.promote("churn", "ada", "grace"), "grace")
    company.reconcile(event)
    company.main(event, new=0)
    year.note("v3")
    company.serve(BOTH, BOTH, BOTH)
    return year


def test_in_june_drift_becomes_a_third_model_that_only_ci_trained(june: Year) -> None:
    assert "`age` has shifted" in june.runs["drift"].log
    assert "ingest: 1,700 rows" in june.runs["retrained"].log
    assert "Running stage" not in june.runs["taken"].log
    assert len({june.bundles[version] for version in ("v1", "v2", "v3")}) == 3


def test_in_july_the_third_model_knows_who_asks(june: Year) -> None:
    code, out, _ = speak(june.company.reader, "monitor", "churn", "-o", "json")
    (report,) = json.loads(out)
    assert (code, report["status"], report["bundle"]) == (0, "ok", june.bundles["v3"]), report["why"]


@pytest.fixture(scope="module")
def september(june: Year) -> Year:
    """A slip of Grace's passes the gates, which ask for order alone, and goes live; users get answers of no use."""
    year, company = june, june.company
    company.month = "September"
    edit(company.work, "conf/pipeline/churn.yaml", "l2: 2.0", "l2: 3000.0")
    pull = company.open("grace", "grace/slip", "Pull a little harder", "churn")
    company.judge(pull)
    company.main(year.merge(pull, "ada"), new=1)
    company.reconcile(year.stage("churn", "ada"))
    company.reconcile(year.merge(year.promote("churn", "grace", "ada"), "ada"))
    year.note("v4")
    company.serve(BOTH, BOTH, BOTH)
    year.runs["worse"] = company.watch(watch="success", retrain="failure")
    return year


def test_in_september_a_regression_that_passed_its_gates_is_told_by_a_red_run(september: Year) -> None:
    run = september.runs["worse"]
    assert "log_loss is 0.6" in run.log
    assert "churn: no retraining: no alarm on drift" in run.log
    assert september.company.pulls() == []


@pytest.fixture(scope="module")
def emergency(september: Year) -> Year:
    """The registry is down: Ada presses the button, both look at what it proposes, and production goes back."""
    year, company = september, september.company
    with company.registry_down():
        company.press("rollback", environment="production")
        pull = company.proposed("mlops/rollback/production/churn")
        year.runs["back"] = company.judge(pull)
        event = year.merge(pull, "grace")
        down = {"reconcile-staging": "failure", "reconcile-production": "failure"}
        year.runs["down"] = company.ended(event, "release", **down)
        company.main(event, new=0)
    year.note("v5")
    year.runs["up"] = company.reconcile(dispatch(company.origin.head()))
    return year


def test_the_rollback_needs_no_registry_and_is_reconciled_when_that_is_back(emergency: Year) -> None:
    assert emergency.bundles["v5"] == emergency.bundles["v3"]
    assert emergency.live["churn", "staging"] == emergency.bundles["v4"], "nobody went back there"
    assert "mlflow.db is not an SQLite database; the bundle is proved, from Git and DVC" in emergency.runs["down"].log
    assert emergency.runs["back"].results["pipeline"] == "skipped"
    assert "moved" in emergency.runs["up"].log


@pytest.fixture(scope="module")
def october(emergency: Year) -> Year:
    """Ages arrive that nobody was learnt from: nothing is learnt from them until somebody answers for it."""
    year, company = emergency, emergency.company
    company.month = "October"
    company.hours += 30
    company.serve(ANCIENT, ANCIENT)
    calls = len(company.api.calls)
    year.runs["incident"] = company.watch(watch="failure", retrain="skipped")
    company.that(len(company.api.calls) == calls, "a broken feed asked GitHub for something")
    (company.work / "conf/accept").mkdir()
    (company.work / "conf/accept/churn.yaml").write_text(ACCEPTED)
    pull = company.open("ada", "ada/accept", "Answer for older people")
    company.judge(pull)
    company.main(year.merge(pull, "grace"), new=0)
    return year


def test_in_october_a_broken_feed_is_an_incident_and_nothing_is_learnt_from_it(october: Year) -> None:
    log = october.runs["incident"].log
    assert "churn: data-incident, " in log
    assert "of `age` lies outside 18 to 90" in log
    assert "::error title=Monitor::an alarm or a data incident that no pull request tells" in log
    assert october.company.pulls() == []


@pytest.fixture(scope="module")
def december(october: Year) -> Year:
    """What was accepted is told and stops nothing: the alarm becomes a pull request, by the clock or by the button."""
    year, company = october, october.company
    company.month = "December"
    company.serve(ANCIENT, ANCIENT)
    year.runs["accepted"] = company.watch(watch="success", retrain="success")
    year.runs["asked"] = company.press("retrain")
    return year


def test_in_december_what_was_accepted_is_retrained_on_once(december: Year) -> None:
    pull = december.company.proposed("mlops/retrain/churn/production/")
    assert pull.author == ROBOT
    body = unescape(pull.body)
    assert "`age` has shifted" in body
    assert "- known: 100.0% of `age` lies outside" in body
    assert f"accepted until {DAY + timedelta(days=60)} by" in body
    assert "pull request unchanged" in december.runs["asked"].log


def test_git_tells_the_year(december: Year) -> None:
    code, out, _ = speak(december.company.reader, "history", "churn", "--env", "production", "-o", "json")
    moments = [(moment["bundle"], moment["author"]) for moment in json.loads(out)]
    versions = [december.bundles[version] for version in ("v5", "v4", "v3", "v2", "v1")]
    assert (code, moments) == (0, list(zip(versions, ("grace", "ada", "grace", "ada", "grace"), strict=True)))


def test_a_merge_that_breaks_the_laws_is_told(december: Year, monkeypatch: pytest.MonkeyPatch) -> None:
    """The faults that the laws are for: each of them is seen."""
    company = december.company
    company.month = "a year later"
    production = "conf/release/production/churn.yaml"
    edit(company.work, production, december.bundles["v5"], december.bundles["v2"])
    for path, line in (
        (production, "rollout: {canary: 10%}\n"),
        ("conf/release/staging/visits.yaml", "reason: none\n"),
        ("pipelines/visits/params.yaml", f"# {production}\n"),
        ("pipelines/visits/data/table.csv", "30,3,free,true\n"),
    ):
        with (company.work / path).open("a") as file:
            file.write(line)
    with acting("mallory"):
        commit(company.work, "All at once")
    git(company.work, "push", "-q", "origin", "HEAD:refs/heads/mallory/all")
    event = company.merge(Pull(99, "mallory/all", "mallory"), "mallory")
    other = "sha256:" + "0" * 64
    monkeypatch.setattr(laws, "released", lambda _: {("churn", "production"): other})
    told = "\n".join(laws.broken(company, event))
    for sentence in (
        "compile --check ends with 1",
        "pipelines/visits/params.yaml reads what is released",
        "verify ends with 5",
        "plan visits says more than 0 to run",
        "it is more than one release: ",
        f"it changes bundle, rollout of {production}",
        "it makes visits stale",
        "show names {",
        f"serve churn --env production takes bundle {december.bundles['v2'][:19]}…, production's, released is {other}",
        "serve churn --env production --check ends with 0",
        f"monitor churn ends with 7, released is {other}",
    ):
        assert sentence in told, f"{sentence} is not in\n{told}"
