"""A year of two models, played with the compiled workflows; main is held to its laws after every merge."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import unescape

import pytest

from tests.conftest import ROOT
from tests.e2e import planted, plays, year
from tests.e2e.company import ROBOT, Company, found, speak
from tests.e2e.laws import broken
from tests.e2e.year import UNTIL, Year
from tests.runner.api import Api
from tests.runner.engine import Engine

pytestmark = plays.MARKS


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    with pytest.MonkeyPatch.context() as patch, Engine() as engine, Api() as api:
        patch.setenv("PYTHONPATH", str(ROOT))
        yield found(tmp_path_factory.mktemp("company"), engine, api)


@pytest.fixture(scope="module")
def january(company: Company) -> Year:
    return year.january(company)


def test_in_january_two_models_are_judged_registered_and_released(january: Year) -> None:
    assert set(january.live) == {(name, place) for name in ("churn", "visits") for place in ("staging", "production")}
    assert january.runs["first"].results["pipeline"] == "success"
    assert "Running stage" not in january.runs["registered"].log, "what was trained at home is not trained again"
    assert january.runs["release"].results["pipeline"] == "skipped", "a release runs nothing"


@pytest.fixture(scope="module")
def march(january: Year) -> Year:
    return year.march(january)


def test_in_march_what_is_merged_and_not_released_is_not_watched(march: Year) -> None:
    assert march.bundles["v2"] != march.bundles["v1"]
    log = march.runs["watched"].log
    assert "churn: ok, " in log
    assert f"against bundle {march.bundles['v1'][:19]}…, production's" in log
    assert "AUROC no worse than champion by 0.05" in march.runs["second"].summary


@pytest.fixture(scope="module")
def june(march: Year) -> Year:
    return year.june(march)


def test_in_june_drift_becomes_a_third_model_that_only_ci_trained(june: Year) -> None:
    assert "`age` has shifted" in june.runs["drift"].log
    assert "ingest: 1,700 rows" in june.runs["retrained"].log
    assert "Running stage" not in june.runs["taken"].log
    assert len({june.bundles[version] for version in ("v1", "v2", "v3")}) == 3


def test_in_july_the_third_model_knows_who_asks(june: Year) -> None:
    assert (june.july["status"], june.july["bundle"]) == ("ok", june.bundles["v3"]), june.july["why"]


@pytest.fixture(scope="module")
def september(june: Year) -> Year:
    return year.september(june)


def test_in_september_a_regression_that_passed_its_gates_is_told_by_a_red_run(september: Year) -> None:
    run = september.runs["worse"]
    assert "log_loss is 0.6" in run.log
    assert "churn: no retraining: no alarm on drift" in run.log


@pytest.fixture(scope="module")
def emergency(september: Year) -> Year:
    return year.emergency(september)


def test_the_rollback_needs_no_registry_and_is_reconciled_when_that_is_back(emergency: Year) -> None:
    assert emergency.bundles["v5"] == emergency.bundles["v3"]
    assert emergency.live["churn", "staging"] == emergency.bundles["v4"], "nobody went back there"
    assert "mlflow.db is not an SQLite database; the bundle is proved, from Git and DVC" in emergency.runs["down"].log
    assert emergency.runs["back"].results["pipeline"] == "skipped"
    assert "moved" in emergency.runs["up"].log


@pytest.fixture(scope="module")
def october(emergency: Year) -> Year:
    return year.october(emergency)


def test_in_october_a_broken_feed_is_an_incident_and_nothing_is_learnt_from_it(october: Year) -> None:
    log = october.runs["incident"].log
    assert "churn: data-incident, " in log
    assert "of `age` lies outside 18 to 90" in log
    assert "::error title=Monitor::an alarm or a data incident that no pull request tells" in log


@pytest.fixture(scope="module")
def december(october: Year) -> Year:
    return year.december(october)


def test_in_december_what_was_accepted_is_retrained_on_once(december: Year) -> None:
    pull = december.company.proposed("mlops/retrain/churn/production/")
    assert pull.author == ROBOT
    body = unescape(pull.body)
    assert "`age` has shifted" in body
    assert "- known: 100.0% of `age` lies outside" in body
    assert f"accepted until {UNTIL} by" in body
    assert "pull request unchanged" in december.runs["asked"].log


def test_git_tells_the_year(december: Year) -> None:
    code, out, _ = speak(december.company.reader, "history", "churn", "--env", "production", "-o", "json")
    moments = [(moment["bundle"], moment["author"]) for moment in json.loads(out)]
    versions = [december.bundles[version] for version in ("v5", "v4", "v3", "v2", "v1")]
    assert (code, moments) == (0, list(zip(versions, ("grace", "ada", "grace", "ada", "grace"), strict=True)))


@pytest.mark.parametrize(
    ("law", "plant", "told"), planted.FAULTS, ids=[plant.__name__ for _, plant, _ in planted.FAULTS]
)
def test_a_merge_that_breaks_a_law_is_told(
    december: Year, law: int, plant: planted.Plant, told: tuple[str, ...]
) -> None:
    with planted.merged(december, plant) as merge:
        found = "\n".join(broken(law, merge))
    for sentence in told:
        assert sentence in found
