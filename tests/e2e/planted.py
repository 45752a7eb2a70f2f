"""Faults for the laws of main: changes that nothing stopped, and verbs that go by something else than a release."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from mlops.operations.live import live
from tests.builders.repositories import commit, edit, git
from tests.e2e.company import Pull, acting
from tests.e2e.laws import Merge
from tests.e2e.year import Year

Plant = Callable[[Year, pytest.MonkeyPatch], None]
LIVE = "conf/release/production/churn.yaml"
NOBODYS = "sha256:" + "0" * 64


def more_than_the_bundle(year: Year, _: pytest.MonkeyPatch) -> None:
    edit(year.company.work, LIVE, year.bundles["v5"], year.bundles["v2"])
    append(year, LIVE, "rollout: {canary: 10%}\n")


def more_than_a_release(year: Year, _: pytest.MonkeyPatch) -> None:
    edit(year.company.work, LIVE, year.bundles["v5"], year.bundles["v2"])
    append(year, "pipelines/visits/data/table.csv", "30,3,free,true\n")


def what_nobody_judged(year: Year, _: pytest.MonkeyPatch) -> None:
    edit(year.company.work, LIVE, year.bundles["v5"], NOBODYS)


def what_failed_since(year: Year, _: pytest.MonkeyPatch) -> None:
    with closing(sqlite3.connect(year.company.database)) as database, database:
        database.execute("UPDATE model_version_tags SET value = 'fail' WHERE key = 'mlops.verdict'")


def a_stage_that_reads_a_release(year: Year, _: pytest.MonkeyPatch) -> None:
    append(year, "pipelines/visits/params.yaml", f"# {LIVE}\n")


def a_run_judged_by_what_is_live(year: Year, _: pytest.MonkeyPatch) -> None:
    edit(year.company.work, "pipelines/churn/reports/gate.json", '"verdict": "deferred"', '"verdict": "pass"')


def no_evidence(year: Year, _: pytest.MonkeyPatch) -> None:
    (year.company.work / LIVE).write_text(f"bundle: {year.bundles['v2']}\n")


def verbs_that_go_by_another(year: Year, patch: pytest.MonkeyPatch) -> None:
    meant = live.live_in

    def another(root: Any, project: Any, name: str, environment: str | None = None) -> tuple[str, str] | None:
        found = meant(root, project, name, environment)
        return (found[0], year.bundles["v1"]) if found is not None and name == "churn" else found

    patch.setattr(live, "live_in", another)


def a_list_that_shows_nothing(_: Year, patch: pytest.MonkeyPatch) -> None:
    patch.setattr("mlops.operations.releasing.show.releases", lambda *_: ())


def what_was_never_in_staging(year: Year, _: pytest.MonkeyPatch) -> None:
    path = "conf/release/production/visits.yaml"
    edit(year.company.work, path, year.live["visits", "production"], year.bundles["v2"])


def what_was_not_compiled(year: Year, _: pytest.MonkeyPatch) -> None:
    edit(year.company.work, "conf/pipeline/visits.yaml", "at_least: 0.85", "at_least: 0.8")


FAULTS: tuple[tuple[int, Plant, tuple[str, ...]], ...] = (
    (1, more_than_the_bundle, (f"it changes bundle, rollout of {LIVE}",)),
    (
        1,
        more_than_a_release,
        (
            "verify ends with 5",
            "plan visits says more than 0 to run",
            f"it is more than one release: {LIVE}, pipelines/visits/data/table.csv",
            "it makes visits stale",
        ),
    ),
    (2, what_nobody_judged, (f"churn in production is {NOBODYS}, which no commit records", "with the verdicts []")),
    (2, what_failed_since, ("registered with the verdicts ['fail']",)),
    (3, a_stage_that_reads_a_release, ("pipelines/visits/params.yaml reads what is released",)),
    (3, a_run_judged_by_what_is_live, ("pipelines/churn/reports/gate.json says pass over the live model",)),
    (3, no_evidence, (f"{LIVE} takes the place of ", " without pipelines/churn/comparisons/")),
    (4, verbs_that_go_by_another, ("serve churn --env production takes bundle ", "monitor churn ends with ")),
    (4, a_list_that_shows_nothing, ("show names {}, released is {",)),
    (5, what_was_never_in_staging, ("visits in production is ", ", which was never live in staging")),
    (6, what_was_not_compiled, ("compile --check ends with 1", "pipelines/visits/params.yaml: not what the YAML")),
)
"""The law that is broken, how, and what is then said of it among others."""


def append(year: Year, path: str, line: str) -> None:
    with (year.company.work / path).open("a") as file:
        file.write(line)


@contextmanager
def merged(year: Year, plant: Plant) -> Iterator[Merge]:
    """Merge a fault past everything that would have stopped it; afterwards main and the registry are as they were."""
    company = year.company
    company.month = f"a year later, {plant.__name__}"
    head, registry = company.origin.head(), company.database.read_bytes()
    with pytest.MonkeyPatch.context() as patch:
        plant(year, patch)
        with acting("mallory"):
            commit(company.work, "Trust me")
        git(company.work, "push", "-q", "--force", "origin", "HEAD:refs/heads/mallory/change")
        event = company.merge(Pull(99, "mallory/change", "mallory"), "mallory")
        try:
            yield Merge(company, event)
        finally:
            git(company.origin.folder, "update-ref", "refs/heads/main", head)
            company.see()
            company.database.write_bytes(registry)
