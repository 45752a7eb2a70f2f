"""Windows of a small bundle: what is broken, what shifts, what lasts, and what late labels say."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from mlops.blocks.bootstrap import Bootstrap
from mlops.blocks.derived import Derived
from mlops.configuration.accept import Acceptance
from mlops.configuration.monitor import Monitor
from mlops.documents.monitor import AlarmReport, MonitorReport
from mlops.errors import ConfigurationError, DataError, IntegrityError
from mlops.monitor import labels as late
from mlops.monitor import log, windows
from mlops.monitor.agreed import Agreed
from mlops.monitor.document import document
from mlops.monitor.exposition import exposition
from mlops.monitor.judge import Labelled, Result, judge
from mlops.present.monitor.page import columns, render
from tests.builders.bundles import DATES, make_bundle, make_frame, reference_of
from tests.builders.logs import START, write_day

pytestmark = pytest.mark.slow

ROWS = 600
Change = Callable[[int, pl.DataFrame], pl.DataFrame]


def day(seed: int) -> pl.DataFrame:
    """Rows like those that the bundle was made of: its own sixty, drawn again."""
    drawn = np.random.default_rng(seed).integers(0, 60, ROWS)
    rows: pl.DataFrame = make_frame()[drawn.tolist()]
    return rows


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("watched") / "bundle")


def watch(
    tmp_path: Path, bundle: Path, change: Change, days: int = 5, labelled: Labelled | None = None, **settings: Any
) -> Result:
    for index in range(days):
        write_day(tmp_path / "log", bundle, index, change(index, day(index)))
    return result(tmp_path, bundle, days, labelled, **settings)


def result(
    tmp_path: Path,
    bundle: Path,
    days: int,
    labelled: Labelled | None = None,
    agreed: Agreed | None = None,
    **settings: Any,
) -> Result:
    reference, until = reference_of(bundle), START + timedelta(days=days)
    settings.setdefault("drift", {"ignore": ["(output)"]})
    monitor = Monitor.model_validate(settings)
    found = log.span(path.name for path in (tmp_path / "log").iterdir())
    assert found is not None
    closed = tuple(windows.closed(found[0], until, "day", 30))
    return judge(
        closed,
        lambda window: log.read([tmp_path / "log"], window, reference.bundle),
        until,
        reference,
        monitor,
        labelled,
        agreed,
    )


def same(_: int, frame: pl.DataFrame) -> pl.DataFrame:
    return frame


def from_day(first: int, **columns: pl.Expr) -> Change:
    return lambda index, frame: frame.with_columns(**columns) if index >= first else frame


def test_what_stays_the_same_is_ok(tmp_path: Path, bundle: Path) -> None:
    found = watch(tmp_path, bundle, same)
    assert (found.status, found.why) == ("ok", "nothing shifted for long enough to matter")
    assert [window.rows for window in found.windows] == [ROWS] * 5


def test_a_shift_alarms_once_it_lasts(tmp_path: Path, bundle: Path) -> None:
    older = from_day(3, age=(pl.col("age") + 10).clip(upper_bound=60))
    one = watch(tmp_path, bundle, older, days=4, quality={"outside": 1.0})
    assert (one.status, one.alarms) == ("ok", ())
    two = watch(tmp_path, bundle, older, days=5, quality={"outside": 1.0})
    assert two.status == "alarm"
    assert [(alarm.kind, alarm.name, len(alarm.windows)) for alarm in two.alarms] == [("drift", "age", 2)]


@pytest.mark.parametrize(
    ("columns", "check", "name"),
    [
        ({"age": pl.when(pl.int_range(pl.len()) % 3 == 0).then(pl.col("age"))}, "nulls", "age"),
        ({"age": pl.col("age") * 365}, "outside", "age"),
        ({"plan": pl.lit("platinum")}, "unseen", "plan"),
    ],
)
def test_a_broken_column_is_an_incident_and_no_drift(
    tmp_path: Path, bundle: Path, columns: dict[str, pl.Expr], check: str, name: str
) -> None:
    found = watch(tmp_path, bundle, from_day(4, **columns))
    assert found.status == "data-incident"
    assert [(incident.check, incident.column) for incident in found.windows[-1].incidents] == [(check, name)]
    assert {shift.column for shift in found.windows[-1].shifts} == {"age", "visits", "insured", "plan", *DATES} - {name}
    assert found.alarms == ()


def test_a_late_batch_and_a_silent_server_are_incidents(tmp_path: Path, bundle: Path) -> None:
    late_batch = watch(tmp_path / "late", bundle, lambda index, frame: frame.head(60) if index == 4 else frame)
    assert late_batch.status == "data-incident"
    assert late_batch.why == "60 records where 600 are usual: a part of the log is late or lost"
    watch(tmp_path / "silent", bundle, same, days=3)
    silent = result(tmp_path / "silent", bundle, 4)
    assert silent.why == "there is no record: is the server logging?"


def test_drift_elsewhere_is_found_beside_a_broken_column(tmp_path: Path, bundle: Path) -> None:
    both = from_day(2, age=pl.when(pl.int_range(pl.len()) % 2 == 0).then(pl.col("age")), plan=pl.lit("basic"))
    found = watch(tmp_path, bundle, both)
    assert found.status == "data-incident"
    assert [(alarm.name, len(alarm.windows)) for alarm in found.alarms] == [("plan", 3)]


def test_a_window_that_is_lost_in_part_is_not_compared(tmp_path: Path, bundle: Path) -> None:
    found = watch(tmp_path, bundle, lambda index, frame: pl.concat([frame] * 10) if index < 4 else frame)
    assert [incident.check for incident in found.windows[-1].incidents] == ["volume"]
    assert found.windows[-1].shifts == ()


def test_a_column_may_move_further_than_the_others(tmp_path: Path, bundle: Path) -> None:
    basic = from_day(1, plan=pl.lit("basic"))
    sizes = {"ignore": ["(output)"], "columns": {"plan": {"at_least": 50.0}}}
    assert watch(tmp_path, bundle, basic, days=3, drift=sizes).alarms == ()
    (alarm,) = result(tmp_path, bundle, 3).alarms
    assert (alarm.name, alarm.bound) == ("plan", 0.1)
    made = document(result(tmp_path, bundle, 3, drift=sizes), reference_of(bundle), "tiny")
    assert {shift.column: shift.bound for shift in made.windows[-1].shifts} == {
        **dict.fromkeys(["age", "insured", "visits", *DATES], 0.1),
        "plan": 50.0,
    }


def acceptance(**changes: Any) -> Acceptance:
    entry = {
        "check": "nulls",
        "column": "age",
        "at_most": 0.8,
        "cause": "The form asks guests no more for their age.",
        "owner": "@ada",
        "approver": "@grace",
        "since": "2026-11-04",
        "until": "2026-11-06",
    }
    return Acceptance.model_validate(entry | changes)


def test_an_accepted_incident_is_told_and_stops_nothing(tmp_path: Path, bundle: Path) -> None:
    broken = from_day(1, age=pl.when(pl.int_range(pl.len()) % 3 == 0).then(pl.col("age")))
    watch(tmp_path, bundle, broken, days=6)
    found = result(tmp_path, bundle, 5, agreed=Agreed(accepted=(acceptance(),)))
    assert [len(window.incidents) for window in found.windows] == [0, 1, 0, 0, 0]
    assert [len(window.accepted) for window in found.windows] == [0, 0, 1, 1, 1]
    assert found.status == "ok"
    assert "age" in {shift.column for shift in found.windows[-1].shifts}
    told = document(found, reference_of(bundle), "tiny").windows[-1].accepted
    assert [(item.check, item.column, item.until, item.approver) for item in told] == [
        ("nulls", "age", "2026-11-06", "@grace")
    ]
    assert told[0].sentence.endswith(
        "is allowed; accepted until 2026-11-06 by @grace: The form asks guests no more for their age."
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"column": "plan"},
        {"check": "outside"},
        {"at_most": 0.6},
        {"since": "2026-11-03", "until": "2026-11-05"},
        {"since": "2026-11-07", "until": "2026-11-08"},
    ],
)
def test_what_was_not_accepted_is_news(tmp_path: Path, bundle: Path, changes: dict[str, Any]) -> None:
    broken = from_day(4, age=pl.when(pl.int_range(pl.len()) % 3 == 0).then(pl.col("age")))
    watch(tmp_path, bundle, broken)
    found = result(tmp_path, bundle, 5, agreed=Agreed(accepted=(acceptance(**changes),)))
    assert found.status == "data-incident"
    assert found.windows[-1].accepted == ()


def test_few_rows_are_insufficient_and_never_ok(tmp_path: Path, bundle: Path) -> None:
    found = watch(tmp_path, bundle, lambda _, frame: frame.head(499))
    assert (found.status, found.why) == ("insufficient", "0 of the last windows can be compared, 2 are needed")


def test_answers_of_another_bundle_are_counted_and_not_compared(tmp_path: Path, bundle: Path) -> None:
    for index in range(3):
        write_day(tmp_path / "log", bundle, index, day(index), digest="sha256:other")
    found = result(tmp_path, bundle, 3)
    assert (found.status, [window.others for window in found.windows]) == ("insufficient", [ROWS] * 3)


def test_a_damaged_segment_is_said(tmp_path: Path, bundle: Path) -> None:
    write_day(tmp_path / "log", bundle, 0, day(0))
    next((tmp_path / "log").iterdir()).write_bytes(b"PAR1")
    with pytest.raises(IntegrityError, match="is no segment of a prediction log"):
        result(tmp_path, bundle, 1)


def write_labels(tmp_path: Path, bundle: Path, days: int, wrong_from: int) -> pl.DataFrame:
    """Labels that agree with the answers up to a day, and are their opposite from then on."""
    reference = reference_of(bundle)
    parts = []
    for window in windows.closed(START, START + timedelta(days=days), "day", 30):
        records = log.read([tmp_path / "log"], window, reference.bundle)
        agree = window.start < START + timedelta(days=wrong_from)
        said = records.output.list.first() > 0.5
        parts.append(pl.DataFrame({"prediction_id": records.identity, "y": said if agree else ~said}))
    return pl.concat(parts).with_columns(time=pl.lit("2026-11-07T00:00:00Z"))


PERFORMANCE = {"metric": "accuracy", "at_least": 0.7, "labels_within_days": 1}


def labelled(frame: pl.DataFrame, path: Path, until_days: int = 20) -> Labelled:
    frame.write_csv(path)
    known = late.read(path, "labels.csv", late.Form("y", "bool"), START + timedelta(days=until_days))
    return Labelled(known, None, Bootstrap(samples=200), 0.7)


def test_worse_answers_alarm_once_their_labels_are_in(tmp_path: Path, bundle: Path) -> None:
    watch(tmp_path, bundle, same)
    frame = write_labels(tmp_path, bundle, 5, wrong_from=2)
    options = {"labels": "labels.csv", "performance": PERFORMANCE}
    found = result(tmp_path, bundle, 5, labelled(frame, tmp_path / "labels.csv"), **options)
    verdicts = [window.performance.verdict for window in found.windows if window.performance]
    assert verdicts == ["well", "well", "worse", "worse", "immature"]
    assert [(alarm.kind, alarm.name) for alarm in found.alarms] == [("performance", "accuracy")]


def test_labels_by_what_clients_sent(tmp_path: Path, bundle: Path) -> None:
    """Whoever says nothing of it is measured by our names alone."""
    watch(tmp_path, bundle, same, days=3)
    frame = write_labels(tmp_path, bundle, 3, wrong_from=5).rename({"prediction_id": "client_id"})
    frame.write_csv(tmp_path / "labels.csv")
    form = late.Form("y", "bool", key="client_id")
    known = Labelled(
        late.read(tmp_path / "labels.csv", "labels.csv", form, START + timedelta(days=20)),
        None,
        Bootstrap(samples=200),
        0.7,
    )
    options = {"labels": "labels.csv", "labels_by": "client_id", "performance": PERFORMANCE}
    found = result(tmp_path, bundle, 3, known, **options)
    assert [window.performance.rows for window in found.windows[:2] if window.performance] == [0, 0]
    for path in (tmp_path / "log").iterdir():
        lines = gzip.decompress(path.read_bytes()).decode().splitlines()
        records = [json.loads(line) for line in lines[1:]]
        named = [json.dumps(record | {"client_id": record["prediction_id"]}) for record in records]
        path.write_bytes(gzip.compress("\n".join([lines[0], *named, ""]).encode()))
    found = result(tmp_path, bundle, 3, known, **options)
    assert [window.performance.verdict for window in found.windows[:2] if window.performance] == ["well", "well"]


def test_what_labels_said_long_ago_is_history(tmp_path: Path, bundle: Path) -> None:
    """Answers were wrong in the first days; then nobody wrote labels any more."""
    watch(tmp_path, bundle, same, days=7)
    frame = write_labels(tmp_path, bundle, 3, wrong_from=0)
    options = {"labels": "labels.csv", "performance": {**PERFORMANCE, "labels_within_days": 1}}
    known = labelled(frame, tmp_path / "labels.csv")
    alarmed = result(tmp_path, bundle, 4, known, **options)
    assert (alarmed.status, [alarm.kind for alarm in alarmed.alarms]) == ("alarm", ["performance"])
    assert alarmed.why.endswith("in 3 of the last 3 labelled windows, the latest from 2026-11-04")
    later = result(tmp_path, bundle, 7, known, **options)
    assert (later.status, later.alarms) == ("insufficient", ())
    assert later.why == (
        "0 of the last windows have their labels, 2 are needed; the latest that has is from 2026-11-04"
    )


def test_metrics_say_what_time_their_values_are_of(tmp_path: Path, bundle: Path) -> None:
    watch(tmp_path, bundle, same, days=5)
    frame = write_labels(tmp_path, bundle, 3, wrong_from=1)
    options = {"labels": "labels.csv", "performance": {**PERFORMANCE, "labels_within_days": 1}}
    found = result(tmp_path, bundle, 5, labelled(frame, tmp_path / "labels.csv"), **options)
    newest = START + timedelta(days=4, hours=23)
    text = exposition([document(found, reference_of(bundle), "tiny", newest)], {"tiny": ("accuracy", 0.7)}, 0.0)

    def of(name: str, labels: str = "") -> float:
        start = f"mlops_monitor_{name}_timestamp_seconds{{{labels}"
        return float(next(line for line in text.splitlines() if line.startswith(start)).split()[-1])

    days = [(START + timedelta(days=day)).timestamp() for day in range(6)]
    assert of("newest_record") == newest.timestamp()
    assert of("window_end") == days[5]
    assert of("performance_window_end") == days[3]
    assert of("alarm_window_end", 'kind="performance"') == days[3]


def test_answers_are_measured_beside_a_broken_column(tmp_path: Path, bundle: Path) -> None:
    watch(tmp_path, bundle, from_day(2, age=pl.col("age") * 365))
    frame = write_labels(tmp_path, bundle, 5, wrong_from=2)
    options = {"labels": "labels.csv", "performance": {**PERFORMANCE, "labels_within_days": 0}}
    found = result(tmp_path, bundle, 5, labelled(frame, tmp_path / "labels.csv"), **options)
    verdicts = [window.performance.verdict for window in found.windows if window.performance]
    assert verdicts == ["well", "well", "worse", "worse", "worse"]
    assert found.status == "data-incident"
    assert [alarm.kind for alarm in found.alarms] == ["performance"]


def test_labels_in_any_order_any_number_of_times_give_the_same(tmp_path: Path, bundle: Path) -> None:
    watch(tmp_path, bundle, same, days=3)
    frame = write_labels(tmp_path, bundle, 3, wrong_from=1)
    earlier = frame.with_columns(y=~pl.col("y"), time=pl.lit("2026-11-01T00:00:00Z"))
    shuffled = pl.concat([frame, earlier, frame.head(500)]).sample(fraction=1, shuffle=True, seed=3)
    options = {"labels": "labels.csv", "performance": {**PERFORMANCE, "labels_within_days": 0}}
    plain, other = (
        result(tmp_path, bundle, 3, labelled(made, tmp_path / "labels.csv"), **options).windows
        for made in (frame, shuffled)
    )
    assert [window.performance for window in plain] == [window.performance for window in other]
    assert [window.performance.rows for window in plain if window.performance] == [ROWS] * 3


def test_few_labels_are_insufficient(tmp_path: Path, bundle: Path) -> None:
    watch(tmp_path, bundle, same, days=3)
    frame = write_labels(tmp_path, bundle, 3, wrong_from=3).gather_every(3)
    options = {"labels": "labels.csv", "performance": {**PERFORMANCE, "labels_within_days": 0}}
    found = result(tmp_path, bundle, 3, labelled(frame, tmp_path / "labels.csv"), **options)
    assert (found.status, found.why) == ("insufficient", "0 of the last windows have their labels, 2 are needed")


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("prediction_id,y\na,true\n", DataError, "labels.csv has no column `time`"),
        ("prediction_id,time,y\na,noon,true\n", DataError, "`time` of labels.csv is not a time in every row"),
        ("prediction_id,time\na,2026-11-21\n", ConfigurationError, "labels.csv has no column `y`"),
        ("", DataError, "labels.csv is empty"),
        (None, ConfigurationError, "there are no labels at labels.csv"),
    ],
)
def test_what_is_no_file_of_labels_is_said(
    tmp_path: Path, text: str | None, error: type[Exception], words: str
) -> None:
    if text is not None:
        (tmp_path / "labels.csv").write_text(text)
    with pytest.raises(error) as caught:
        late.read(tmp_path / "labels.csv", "labels.csv", late.Form("y"), START)
    assert str(caught.value) == words


def test_a_label_may_be_what_the_target_derives_from(tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_text("prediction_id,time,cost\na,2026-11-01,0\nb,2026-11-01,3\nc,2026-12-01,3\n")
    rule = {"y": Derived.model_validate({"from": "cost", "rule": "greater_than", "value": 0})}
    found = late.read(tmp_path / "l.csv", "l.csv", late.Form("y", derived=rule), START)
    assert found.select("prediction_id", "y").rows() == [("a", False), ("b", True)]


def test_the_report_is_the_same_bytes_and_the_page_asks_for_nothing(tmp_path: Path, bundle: Path) -> None:
    found, again = watch(tmp_path, bundle, same), result(tmp_path, bundle, 5)
    made = document(found, reference_of(bundle), "tiny")
    assert made.dumps() == document(again, reference_of(bundle), "tiny").dumps()
    assert MonitorReport.parse(made.dumps().encode()) == made
    alarm = {"kind": "drift", "name": "age", "windows": [made.until], "until": made.until, "value": 1.0, "bound": 0.1}
    evil = AlarmReport.model_validate({**alarm, "sentence": "<script>alert(1)</script>"})
    page = render(made.model_copy(update={"alarms": (evil,)}), "psi", ("accuracy", 0.7))
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")
    assert "prefers-color-scheme: dark" in page


def test_what_was_compared_is_told_in_the_bins_of_training(tmp_path: Path, bundle: Path) -> None:
    found = document(watch(tmp_path, bundle, from_day(1, plan=pl.lit("basic")), days=3), reference_of(bundle), "tiny")
    told = {item.column: item for item in found.distributions}
    assert next(iter(told)) == "plan", "what moved most"
    assert set(told) == {"age", "visits", "insured", "plan", *DATES}
    plan = told["plan"]
    assert plan.start == "2026-11-04T00:00:00Z"
    assert plan.bins[-1] == "others"
    assert dict(zip(plan.bins, plan.window, strict=True))["basic"] == 1.0
    assert all(sum(shares) == pytest.approx(1) for item in told.values() for shares in (item.reference, item.window))
    assert all(len(item.bins) == len(item.reference) == len(item.window) for item in told.values())
    assert re.fullmatch(r"up to \d{4}-\d\d-\d\d", told["joined"].bins[0])


def test_a_column_is_told_in_the_measure_it_really_has(tmp_path: Path, bundle: Path) -> None:
    basic = from_day(1, plan=pl.lit("basic"))
    drift = {"measure": "wasserstein", "ignore": ["(output)"]}
    found = watch(tmp_path, bundle, basic, days=3, drift=drift, quality={"nulls": 1.0})
    assert [alarm.sentence.partition(": ")[2].split()[0] for alarm in found.alarms] == ["jensen_shannon"]
    made = document(found, reference_of(bundle), "tiny")
    notes = {column.timeline.name: column.timeline.note for column in columns(made, "wasserstein")}
    assert notes == {"plan": "Jensen-Shannon distance"} | dict.fromkeys(["age", "visits", "insured", *DATES], "")
    page = render(made, "wasserstein", None)
    assert page.count("Wasserstein distance in standard deviations") == 1  # below the charts
    assert page.count("<small>Jensen-Shannon distance</small>") == 1
    assert not any(each.timeline.note for each in columns(made, "jensen_shannon") if each.timeline.name == "plan")


def test_metrics_have_a_fixed_number_of_series(tmp_path: Path, bundle: Path) -> None:
    found = document(watch(tmp_path, bundle, same), reference_of(bundle), 'ti"ny\n')
    text = exposition([found], {'ti"ny\n': ("accuracy", 0.7)}, 1.5e9)
    lines = text.splitlines()
    assert 'mlops_monitor_last_success_timestamp_seconds{pipeline="ti\\"ny\\n"} 1500000000.0' in lines
    assert 'mlops_monitor_status_info{pipeline="ti\\"ny\\n",status="ok"} 1.0' in lines
    series = [line for line in lines if not line.startswith("#")]
    assert (
        len(series) == 2 + 4 + 2 + 3 + 4 + len(DATES) + 1
    )  # times, statuses, kinds, end and records and refused, columns, bound
    assert [line.split()[2] for line in lines if line.startswith("# TYPE")] == list(
        dict.fromkeys(line.partition("{")[0] for line in series)
    )
