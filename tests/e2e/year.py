"""What people, the robot and users do in a year of two models, month by month; main is held to its laws all along."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tests.builders.repositories import edit
from tests.e2e.company import DAY, Company, Pull, speak
from tests.e2e.laws import Merge, lawful, released
from tests.runner.event import Event, dispatch
from tests.runner.result import Run

ALL, OLDER, BOTH, ANCIENT = (18,), (40,), (18, 40, 40), (100,)
"""Who asks: people of any age, nobody young, both as they were learnt from in summer, people older than anybody was."""

UNTIL = DAY + timedelta(days=60)
ACCEPTED = f"""\
accepted:
  - check: outside
    column: age
    at_most: 1.0
    cause: "Since the campaign we reach people who are older than anybody before."
    owner: "@ada"
    approver: "@grace"
    since: "{DAY}"
    until: "{UNTIL}"
"""


@dataclass
class Year:
    """What is told later of it: the bundles of the model `churn` by version, runs by what they were about.

    `july` is what the monitor says once the third model answers.
    """

    company: Company
    bundles: dict[str, str] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)
    july: dict[str, Any] = field(default_factory=dict)

    @property
    def live(self) -> dict[tuple[str, str], str]:
        """What the release files name on main: {(pipeline, environment): bundle}."""
        return released(self.company.reader)

    def merge(self, pull: Pull, by: str, *, recorded: bool = True) -> Event:
        event = self.company.merge(pull, by)
        lawful(Merge(self.company, event, recorded))
        return event

    def stage(self, name: str, by: str) -> Event:
        """Merge the release to staging that a workflow proposed."""
        return self.merge(self.company.proposed(f"mlops/release/staging/{name}"), by)

    def promote(self, name: str, login: str) -> Pull:
        """Have a person write the release to production, and open its pull request."""
        company = self.company
        code, out, said = speak(company.work, "release", name, "--env", "production")
        company.that(code == 0, f"the release of {name} ends with {code}: {out}{said}")
        return company.open(login, f"{login}/release-{name}-{len(self.bundles)}", f"Release {name} to production")

    def release(self, name: str, login: str, by: str) -> Event:
        """Bring a model that is registered to staging, and from there to production."""
        self.company.reconcile(self.stage(name, by))
        event = self.merge(self.promote(name, login), by)
        self.company.reconcile(event)
        self.company.main(event, new=0)
        return event

    def note(self, version: str) -> None:
        """Note what is live in production now as a version."""
        self.bundles[version] = self.live["churn", "production"]


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
    first = year.promote("churn", "ada")
    year.runs["release"] = company.judge(first)
    year.merge(first, "grace")
    event = year.merge(year.promote("visits", "grace"), "ada")
    company.reconcile(event)
    company.main(event, new=0)
    year.note("v1")
    return year


def march(year: Year) -> Year:
    """Grace's better model is merged; what is live is watched as before until that is released."""
    company = year.company
    company.month = "March"
    company.serve(ALL, ALL, ALL)
    pipeline = company.work / "conf/pipeline/churn.yaml"
    pipeline.write_text(pipeline.read_text() + "model: {linear: {l2: 2.0}}\n")
    pull = company.open("grace", "grace/softer", "Pull harder on large weights", "churn")
    year.runs["second"] = company.judge(pull)
    company.main(year.merge(pull, "ada"), new=1)
    year.runs["watched"] = company.watch(watch="success", retrain="skipped")
    year.release("churn", "grace", "ada")
    year.note("v2")
    return year


def june(year: Year) -> Year:
    """Nobody young asks any more: the robot proposes to learn again, CI does, people merge and release."""
    company = year.company
    company.month = "June"
    company.serve(OLDER, OLDER, OLDER)
    year.runs["drift"] = company.watch(watch="success", retrain="success")
    pull = company.proposed("mlops/retrain/churn/production/")
    year.runs["retrained"] = company.judge(pull)
    event = year.merge(pull, "grace", recorded=False)
    company.learnt -= {"churn"}
    year.runs["taken"] = company.main(event, new=1)
    company.main(year.merge(company.proposed("mlops/record/churn"), "ada"), new=0)
    year.release("churn", "ada", "grace")
    year.note("v3")
    company.serve(BOTH, BOTH, BOTH)
    (year.july,) = json.loads(speak(company.reader, "monitor", "churn", "-o", "json")[1])
    return year


def september(year: Year) -> Year:
    """A slip of Grace's passes the gates, which ask for order alone, and goes live; users get answers of no use."""
    company = year.company
    company.month = "September"
    edit(company.work, "conf/pipeline/churn.yaml", "l2: 2.0", "l2: 3000.0")
    pull = company.open("grace", "grace/slip", "Pull a little harder", "churn")
    company.judge(pull)
    company.main(year.merge(pull, "ada"), new=1)
    year.release("churn", "grace", "ada")
    year.note("v4")
    company.serve(BOTH, BOTH, BOTH)
    year.runs["worse"] = company.watch(watch="success", retrain="failure")
    company.that(not company.pulls(), "a retraining on what was never drift was proposed")
    return year


def emergency(year: Year) -> Year:
    """The registry is down: Ada presses the button, both look at what it proposes, and production goes back."""
    company = year.company
    with company.registry_down():
        company.press("rollback", environment="production")
        pull = company.proposed("mlops/rollback/production/churn")
        year.runs["back"] = company.judge(pull)
        event = year.merge(pull, "grace")
        down = {"reconcile-staging": "failure", "reconcile-production": "failure"}
        year.runs["down"] = company.ended(event, "release", **down)
        company.ended(event, "main", take="success")
    year.note("v5")
    year.runs["up"] = company.reconcile(dispatch(company.origin.head()))
    return year


def october(year: Year) -> Year:
    """Ages arrive that nobody was learnt from: nothing is learnt from them until somebody answers for it."""
    company = year.company
    company.month = "October"
    company.hours += 30
    company.serve(ANCIENT, ANCIENT)
    calls = len(company.api.calls)
    year.runs["incident"] = company.watch(watch="failure", retrain="skipped")
    company.that(len(company.api.calls) == calls, "a broken feed asked GitHub for something")
    company.that(not company.pulls(), "a retraining on a broken feed was proposed")
    (company.work / "conf/accept").mkdir()
    (company.work / "conf/accept/churn.yaml").write_text(ACCEPTED)
    speak(company.work, "enter", "churn")
    pull = company.open("ada", "ada/accept", "Answer for older people")
    company.judge(pull)
    company.main(year.merge(pull, "grace"), new=0)
    return year


def december(year: Year) -> Year:
    """What was accepted is told and stops nothing: the alarm becomes a pull request, by the clock or by the button."""
    company = year.company
    company.month = "December"
    company.serve(ANCIENT, ANCIENT)
    year.runs["accepted"] = company.watch(watch="success", retrain="success")
    year.runs["asked"] = company.press("retrain")
    return year
