"""The verbs `monitor`, `retrain` and `serve` on a repository whose pipeline was packaged."""

from __future__ import annotations

import hashlib
import json
import shutil
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from mlops.cli.main import run
from mlops.operations.planning.fingerprint import made_of
from mlops.operations.running.serve import find_settings
from mlops.plan.pipeline import PipelinePlan
from mlops.plan.stage import Stage
from tests.builders.bundles import make_bundle, make_frame
from tests.builders.logs import write_day
from tests.builders.papers import write_papers
from tests.builders.repositories import edit, make_repository

pytestmark = pytest.mark.slow

MONITOR = "\nmonitor:\n  every: day\n  labels: labels.csv\n  retrain: {when: [drift], minimum_new_labels: 100}\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = make_repository(tmp_path / "shop")
    path = made / "conf/pipeline/churn.yaml"
    path.write_text(path.read_text().rstrip("\n") + MONITOR)
    write_papers(made / "pipelines/churn/reports", make_bundle(made / "pipelines/churn/artifacts/bundle"))
    monkeypatch.chdir(made)
    return made


def mlops(*arguments: str) -> Result:
    from mlops.cli.main import cli

    return CliRunner().invoke(cli, list(arguments), standalone_mode=False)


def test_a_server_logs_where_the_monitor_reads(root: Path) -> None:
    found = find_settings(root, "churn").log
    assert found is not None
    assert (found.folder, found.place) == (root / ".mlops/log/churn", None)
    assert find_settings(root, "elsewhere").log is None
    edit(root, "conf/pipeline/churn.yaml", "  every: day\n", "  every: day\n  log: kept/log\n")
    found = find_settings(root, "churn").log
    assert found is not None
    assert (found.folder, found.place) == (root / "kept/log", None)


def test_a_machine_that_serves_what_another_trained_logs_too(root: Path) -> None:
    shutil.rmtree(root / "pipelines/churn/artifacts")
    found = find_settings(root, "churn").log
    assert found is not None
    assert found.folder == root / ".mlops/log/churn"


def test_without_a_log_nothing_is_ok(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["monitor", "churn"]) == 6
    said = capsys.readouterr().err
    assert "churn: there is no prediction log in .mlops/log/churn" in said
    assert "mlops serve churn writes it; what other machines serve is found by `monitor.log: s3://" in said


def test_a_short_log_is_insufficient_and_the_report_stays_out_of_git(root: Path) -> None:
    bundle = root / "pipelines/churn/artifacts/bundle"
    for day in range(2):
        write_day(root / ".mlops/log/churn", bundle, day, make_frame())
    done = mlops("monitor", "--until", "2026-11-04", "--metrics", "m.prom")
    assert done.return_value == 7
    assert done.stdout == (
        "? churn: insufficient, 2 windows until 2026-11-04T00:00:00Z: "
        "0 of the last windows can be compared, 2 are needed\n"
    )
    written = sorted(path.name for path in (root / ".mlops/monitor/churn").iterdir())
    assert written == ["report.html", "report.json"]
    stamp = next(line for line in (root / "m.prom").read_text().splitlines() if "last_success" in line and "{" in line)
    assert float(stamp.split()[-1]) > datetime(2026, 1, 1, tzinfo=UTC).timestamp()


def test_windows_may_be_so_many_requests(root: Path) -> None:
    bundle = root / "pipelines/churn/artifacts/bundle"
    edit(root, "conf/pipeline/churn.yaml", "  every: day\n", "  every: day\n  window: {rows: 500}\n  history: 3\n")
    for day in range(5):
        write_day(root / ".mlops/log/churn", bundle, day, pl.concat([make_frame()] * 7))
    done = mlops("monitor", "-o", "json", "--until", "2026-11-07")
    (report,) = json.loads(done.stdout)
    assert [window["rows"] for window in report["windows"]] == [500, 500, 500], "of 2,100, the last hundred wait"
    assert all(before["end"] == after["start"] for before, after in pairwise(report["windows"]))
    (ended,) = json.loads(mlops("monitor", "-o", "json").stdout)
    assert (ended["status"], ended["why"]) == ("data-incident", "there is no record: is the server logging?")


def test_a_log_that_ended_years_ago_is_told_as_ended(root: Path) -> None:
    bundle = root / "pipelines/churn/artifacts/bundle"
    for day in range(-2000, -1996):
        write_day(root / ".mlops/log/churn", bundle, day, pl.concat([make_frame()] * 10).with_columns(visits=7))
    done = mlops("monitor", "--until", "2021-05-16")
    assert (done.return_value, "`visits` has shifted" in done.stdout) == (2, True)
    assert "the newest record is from" not in done.stdout
    done = mlops("monitor", "--asking", "out")
    assert done.return_value == 2
    assert "there is no record: is the server logging?" in done.stdout
    told = "    the newest record is from 2021-05-15T23:50:56Z: what the log showed until then is not how things are\n"
    assert told in done.stdout
    assert "has shifted" not in done.stdout
    assert (root / "out").read_text() == ""


def test_what_is_wrong_with_one_stops_no_other_and_the_worst_code_counts(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (root / "conf/pipeline/churn.yaml").read_text()
    (root / "conf/pipeline/absent.yaml").write_text(text)
    shutil.copytree(root / "pipelines/churn/data", root / "pipelines/absent/data")
    for day in range(2):
        write_day(root / ".mlops/log/churn", root / "pipelines/churn/artifacts/bundle", day, make_frame())
    assert run(["monitor", "absent", "churn", "--until", "2026-11-04", "--asking", "out"]) == 6
    said = capsys.readouterr()
    assert "? churn: insufficient" in said.out
    assert "absent: there is no bundle" in said.err
    assert (root / "out").read_text() == ""


@pytest.mark.parametrize(("when", "asks"), [("drift", False), ("schedule", True)])
def test_a_policy_by_schedule_asks_for_a_retraining_without_an_alarm(root: Path, when: str, asks: bool) -> None:
    edit(root, "conf/pipeline/churn.yaml", "when: [drift]", f"when: [{when}]")
    for day in range(2):
        write_day(root / ".mlops/log/churn", root / "pipelines/churn/artifacts/bundle", day, make_frame())
    assert mlops("monitor", "--until", "2026-11-04", "--asking", "out").return_value == 7
    digest = hashlib.sha256((root / ".mlops/monitor/churn/report.json").read_bytes()).hexdigest()
    assert (root / "out").read_text() == (f"churn:{digest}\n" if asks else "")


OTHERS = {
    "schema_version": 1, "pipeline": "other", "environment": None, "bundle": "sha256:a", "reference": "sha256:b",
    "until": "2026-11-04T00:00:00Z", "newest_record": None, "status": "ok", "why": "", "alarms": [], "windows": [],
}  # fmt: skip


@pytest.mark.parametrize(
    ("report", "code", "words"),
    [
        (None, 6, "there is no report at"),
        ("{}", 5, "is no report of the monitor"),
        (
            '{"schema_version": 1, "pipeline": "other", "until": "2026-11-04T00:00:00Z"}',
            5,
            "is no report of the monitor",
        ),
        (json.dumps(OTHERS), 5, "is no report about churn"),
        (
            '{"schema_version": 2, "until": "2026-11-04T00:00:00Z"}',
            5,
            "report.json has schema_version 2, this mlops reads 1\n"
            "hint: a newer mlops wrote it: mlops upgrade moves this repository to that release\n",
        ),
    ],
)
def test_a_retraining_needs_a_report_of_its_own(
    root: Path, report: str | None, code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if report is not None:
        (root / "report.json").write_text(report)
    assert run(["retrain", "churn", "--cause", "report.json"]) == code
    assert words in capsys.readouterr().err


def test_a_source_that_no_file_could_join_is_refused_with_the_way_out(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = {"schema_version": 1, "pipeline": "churn", "until": "2026-11-04T00:00:00Z", "status": "alarm"}
    about = {"bundle": "sha256:a", "reference": "sha256:b", "newest_record": None, "windows": []}
    (root / "report.json").write_text(json.dumps({**found, **about, "why": "", "alarms": []}))
    assert run(["retrain", "churn", "--cause", "report.json"]) == 4
    said = capsys.readouterr().err
    assert "`data.source` is no folder of CSV files that a new one could join" in said
    assert "path: data/rows" in said


def test_a_pipeline_without_a_monitor_says_what_to_write(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(root, "conf/pipeline/churn.yaml", MONITOR, "\n")
    assert run(["monitor", "churn"]) == 4
    assert "write `monitor: {every: day}` in conf/pipeline/churn.yaml" in capsys.readouterr().err
    assert mlops("monitor").return_value == 0


@pytest.mark.usefixtures("root")
def test_a_time_is_a_time(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["monitor", "--until", "yesterday"]) == 4
    assert "`yesterday` is no time; write 2026-11-21 or 2026-11-21T08:00:00Z" in capsys.readouterr().err


def test_a_plan_is_made_of_every_file_of_a_source_that_is_a_folder(root: Path) -> None:
    folder = root / "pipelines/churn/data/rows"
    folder.mkdir()
    (folder / "a.csv").write_text("x\n1\n")
    stage = Stage("ingest", "", ("data/rows",), ())
    evaluate = Stage("evaluate", "", (), ())
    plan = PipelinePlan("churn", "", "", "binary", (), (stage, evaluate), (), {})
    before = made_of(root, plan, None)
    (folder / "b.csv").write_text("x\n2\n")
    assert made_of(root, plan, None).files != before.files
