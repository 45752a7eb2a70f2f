"""What goes wrong around a model for weeks is told as what it is, and what else goes wrong is still found.

A real server answers and refuses over HTTP, by a clock of the test's own, and the real monitor reads what it left.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from mlops.bundle.schema import Requests
from mlops.configuration.accept import Acceptance
from mlops.configuration.monitor import Monitor, Retrain
from mlops.documents.document import said
from mlops.documents.monitor import MonitorReport
from mlops.monitor import log, windows
from mlops.monitor.agreed import Agreed
from mlops.monitor.document import document
from mlops.monitor.exposition import exposition
from mlops.monitor.judge import judge
from mlops.monitor.policy import decide
from mlops.operations.watching.monitor import Watch, asking, watch
from mlops.operations.workspace import open_workspace
from mlops.present.monitor.page import render
from mlops.serve.app import create
from tests.builders.bundles import DATES, make_bundle, make_frame, reference_of
from tests.builders.client import Client
from tests.builders.logs import START
from tests.builders.papers import write_papers
from tests.builders.repositories import make_repository
from tests.builders.rows import json_row

pytestmark = pytest.mark.slow  # sockets, processes, simulations or whole repositories

ROWS, BATCH = 600, 40
Change = Callable[[int, pl.DataFrame], pl.DataFrame]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("watched") / "bundle")


def rows_of(seed: int) -> pl.DataFrame:
    """Rows like those that the bundle was made of: its own sixty, drawn again."""
    drawn = np.random.default_rng(seed).integers(0, 60, ROWS)
    rows: pl.DataFrame = make_frame()[drawn.tolist()]
    return rows


def served(folder: Path, bundle: Path, days: int, change: Change) -> None:
    """Ask a server for some days, in requests of forty rows, spread over each day."""
    now = [START]
    app = create(bundle, log=folder, clock=lambda: int(now[0].timestamp()) * 10**9)
    client, fields = Client(app), [field.name for field in reference_of(bundle).schema.fields]
    for day in range(days):
        rows = [json_row(row) for row in change(day, rows_of(day)).select(fields).iter_rows(named=True)]
        for index in range(0, ROWS, BATCH):
            now[0] = START + timedelta(days=day, seconds=86_000 * index // ROWS)
            client.post("/invocations", json={"dataframe_records": rows[index : index + BATCH]})
    app.state.log.close()


def report(folder: Path, bundle: Path, until: datetime, agreed: Agreed | None = None, **settings: Any) -> MonitorReport:
    reference = reference_of(bundle)
    monitor = Monitor.model_validate({"drift": {"ignore": ["(output)"]}, **settings})
    span = log.span(path.name for path in folder.iterdir())
    assert span is not None
    closed = tuple(windows.closed(span[0], until, "day", 30))
    result = judge(
        closed, lambda window: log.read([folder], window, reference.bundle), until, reference, monitor, None, agreed
    )
    return document(result, reference, "churn")


@pytest.mark.slow
def test_rows_that_are_refused_are_an_incident_for_as_long_as_they_are(tmp_path: Path, bundle: Path) -> None:
    """Three bad rows a day refuse three of fifteen requests: a fifth of all rows, none of which is logged."""

    def first_requests(day: int, frame: pl.DataFrame) -> pl.DataFrame:
        broken = (pl.int_range(pl.len()) % BATCH == 7) & (pl.int_range(pl.len()) < (ROWS // 5 if day >= 2 else 0))
        return frame.with_columns(visits=pl.when(broken).then(None).otherwise(pl.col("visits")))

    served(tmp_path, bundle, 5, first_requests)
    found = report(tmp_path, bundle, START + timedelta(days=5))
    assert [window.verdict for window in found.windows] == ["ok", "ok", *["data-incident"] * 3]
    assert [window.rows + window.refused.rows for window in found.windows] == [ROWS] * 5
    assert said(found.windows[-1].refused) == {
        "rows": 120,
        "by": [
            {"column": "(unknown)", "reason": "batch", "rows": 117},
            {"column": "visits", "reason": "null", "rows": 3},
        ],
    }
    assert found.status == "data-incident"
    assert found.why == (
        "20.0% of 600 rows were refused: 117 that nothing is wrong with, in a request with one that is, "
        "3 where `visits` is null, as it never was in the data"
    )
    metrics = exposition([found], {}, 0.0)
    assert 'mlops_monitor_window_refused{pipeline="churn"} 120.0\n' in metrics
    assert 'mlops_monitor_refused_rows{column="visits",pipeline="churn",reason="null"} 3.0\n' in metrics
    page = render(found, "psi", None)
    assert "null: is null, as it never was in the data" in page
    assert "Refused, % of all rows" in page


def test_a_few_refused_rows_are_told_and_alarm_nobody(tmp_path: Path, bundle: Path) -> None:
    served(
        tmp_path, bundle, 3, lambda _, frame: frame.with_columns(pl.when(pl.int_range(pl.len()) != 7).then("visits"))
    )
    found = report(tmp_path, bundle, START + timedelta(days=3), quality={"refused": 0.1})
    assert (found.status, [window.refused.rows for window in found.windows]) == ("ok", [BATCH] * 3)


def seven_per_cent(day: int, frame: pl.DataFrame) -> pl.DataFrame:
    """For ten days 7 % of a column is missing that never was in training; from the eighth on another one is shifted."""
    missing = frame.with_columns(insured=pl.when(pl.int_range(pl.len()) % 14 != 0).then(pl.col("insured")))
    return missing if day < 7 else missing.with_columns(visits=(pl.col("visits") // 2))


@pytest.fixture(scope="module")
def filling(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that fills new nulls instead of refusing their rows."""
    return make_bundle(tmp_path_factory.mktemp("filling") / "bundle", requests=Requests(nulls="impute"))


@pytest.fixture(scope="module")
def ten_days(tmp_path_factory: pytest.TempPathFactory, filling: Path) -> Path:
    folder = tmp_path_factory.mktemp("ten-days")
    served(folder, filling, 10, seven_per_cent)
    return folder


STRICT = {"nulls": 0.02, "outside": 1.0}


@pytest.mark.slow
def test_a_column_with_seven_per_cent_of_nulls_for_ten_days_blinds_nobody(ten_days: Path, filling: Path) -> None:
    found = report(ten_days, filling, START + timedelta(days=10), quality=STRICT)
    assert found.status == "data-incident"
    assert {incident.column for window in found.windows for incident in window.incidents} == {"insured"}
    assert [alarm.name for alarm in found.alarms] == ["visits"]
    compared = [{shift.column for shift in window.shifts} for window in found.windows]
    assert compared == [{"age", "plan", "visits", *DATES}] * 10


@pytest.mark.slow
def test_the_contract_knows_of_it(ten_days: Path, filling: Path) -> None:
    agreed = Agreed(nulls={"insured": 0.07})
    found = report(ten_days, filling, START + timedelta(days=10), agreed, quality=STRICT)
    assert [window.incidents for window in found.windows] == [()] * 10
    assert (found.status, [alarm.name for alarm in found.alarms]) == ("alarm", ["visits"])


@pytest.mark.slow
def test_accepted_for_a_while_it_lets_a_retraining_through(ten_days: Path, filling: Path) -> None:
    entry = {"check": "nulls", "column": "insured", "at_most": 0.1, "cause": "Guests are not asked since October."}
    entry |= {"owner": "@ada", "approver": "@grace", "since": "2026-11-01", "until": "2026-11-20"}
    agreed = Agreed(accepted=(Acceptance.model_validate(entry),))
    policy = Retrain.model_validate({"when": ["drift"], "minimum_new_labels": 1})
    end = START + timedelta(days=10)
    for known, proposed in ((None, False), (agreed, True)):
        found = report(ten_days, filling, end, known, quality=STRICT)
        assert decide(found, policy, None, end, 500).propose is proposed
    assert [item.until for item in found.windows[-1].accepted] == ["2026-11-20"]
    assert "accepted until 2026-11-20 by @grace: Guests are not asked since October." in render(found, "psi", None)


@pytest.mark.slow
def test_an_alarm_of_five_months_ago_is_not_how_things_are(tmp_path: Path, bundle: Path) -> None:
    """The last days of a server showed a shift; nobody has asked it since."""
    root = make_repository(tmp_path / "shop")
    pipeline = root / "conf/pipeline/churn.yaml"
    pipeline.write_text(pipeline.read_text().rstrip("\n") + "\nmonitor: {every: day, drift: {ignore: [(output)]}}\n")
    shutil.copytree(bundle, root / "pipelines/churn/artifacts/bundle")
    write_papers(root / "pipelines/churn/reports", bundle)
    served(root / ".mlops/log/churn", bundle, 4, lambda day, frame: frame.with_columns(visits=pl.col("visits") // 2))
    workspace = open_workspace(root, ("churn",))
    end = START + timedelta(days=4)
    then = watch(workspace, "churn", now=end + timedelta(hours=8)).document
    assert (then.status, then.newest_record) == ("alarm", "2026-11-05T22:17:46Z")
    assert then.why.endswith("in 3 of the last 3 windows, the latest from 2026-11-04")
    now = watch(workspace, "churn", now=end + timedelta(days=150))
    assert (now.document.status, now.document.why) == (
        "data-incident",
        "there is no record: is the server logging?",
    )
    assert (now.document.alarms, now.document.newest_record) == ((), "2026-11-05T22:17:46Z")
    assert asking(workspace, Watch((now,), {})) == {}
    assert watch(workspace, "churn", end, now=end + timedelta(days=150)).document.status == "alarm", "as was asked"


def dates_are_off(day: int, frame: pl.DataFrame) -> pl.DataFrame:
    """Who joined is sent as if it were two years later, from the third day on; on the same days visits are halved."""
    if day < 2:
        return frame
    return frame.with_columns(joined=pl.col("joined").dt.offset_by("2y"), visits=pl.col("visits") // 2)


def test_a_shifted_date_column_is_told_and_so_is_the_drift_beside_it(tmp_path: Path, bundle: Path) -> None:
    served(tmp_path, bundle, 5, dates_are_off)
    found = report(tmp_path, bundle, START + timedelta(days=5), quality={"outside": 1.0})
    assert [window.verdict for window in found.windows] == ["ok", "ok", *["shifted"] * 3]
    assert (found.status, [alarm.name for alarm in found.alarms]) == (
        "alarm",
        ["joined", "joined.year", "visits"],
    )
    compared = [{shift.column for shift in window.shifts} for window in found.windows]
    assert compared == [{"age", "insured", "plan", "visits", *DATES}] * 5
    assert found.alarms[0].sentence.startswith("`joined` has shifted: psi ")
    only = report(tmp_path, bundle, START + timedelta(days=5), drift={"ignore": ["(output)", "joined", "visits"]})
    assert (only.status, only.alarms) == ("ok", ())
    part = report(tmp_path, bundle, START + timedelta(days=5), drift={"ignore": ["(output)", "joined.year", "visits"]})
    assert [alarm.name for alarm in part.alarms] == ["joined"]


def test_a_date_that_is_simply_now_is_no_shift_until_it_is_not(tmp_path: Path, bundle: Path) -> None:
    """Training ended years ago, and what was seen is a few minutes old; from the fourth day on it stands still."""

    def recent(day: int, frame: pl.DataFrame) -> pl.DataFrame:
        asked = START + timedelta(days=min(day, 3) if day < 3 else -400)
        minutes = pl.int_range(pl.len()) * 1440 // ROWS
        return frame.with_columns(seen=pl.lit(asked.replace(tzinfo=None)) + pl.duration(minutes=minutes))

    served(tmp_path, bundle, 5, recent)
    found = report(tmp_path, bundle, START + timedelta(days=5))
    assert [window.verdict for window in found.windows] == ["ok", "ok", "ok", "shifted", "shifted"]
    assert not any(shift.column.startswith("seen") for shift in found.windows[0].shifts)
    assert [alarm.name for alarm in found.alarms][:2] == ["seen", "seen.month"]


@pytest.mark.parametrize(
    ("hours", "period", "of", "ended"),
    [(7 * 24, "day", 3, False), (7 * 24 + 1, "day", 3, True), (7 * 24, "hour", 3, False), (14 * 24, "week", 3, False)],
)
def test_a_night_or_a_holiday_is_no_end_of_a_log(hours: int, period: str, of: int, ended: bool) -> None:
    assert windows.silent(START, START + timedelta(hours=hours), period, of) is ended
