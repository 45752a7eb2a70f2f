"""Half a year of two models, played with the compiled workflows; main is held to its laws after every merge."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from tests.builders.repositories import edit
from tests.conftest import ROOT
from tests.e2e import plays
from tests.e2e.company import Company, Pull, found, speak
from tests.e2e.laws import lawful, released
from tests.runner.api import Api
from tests.runner.engine import Engine
from tests.runner.event import Event, dispatch
from tests.runner.result import Run

pytestmark = plays.MARKS

ALL, OLDER, BOTH = (18,), (40,), (18, 40, 40)
"""Who asks: people of any age, nobody young, both as they were learnt from in summer."""


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
