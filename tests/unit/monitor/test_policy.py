from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import polars as pl
import pytest

from mlops.configuration.monitor import Retrain
from mlops.documents.monitor import MonitorReport
from mlops.errors import ConfigurationError
from mlops.ml.data.spelling import Spelling
from mlops.monitor import new_labelled_rows
from mlops.monitor.log import Records
from mlops.monitor.policy import cause, decide

END = datetime(2026, 11, 21, tzinfo=UTC)
WEEK = timedelta(days=7)
RETRAIN = Retrain(when=("drift",), cooldown_days=7, minimum_new_labels=100)


def report(*kinds: str, status: str = "alarm", bundle: str = "sha256:a") -> MonitorReport:
    day = "2026-11-21T00:00:00Z"
    facts = {"name": "age", "windows": [day], "until": day, "value": 0.3, "bound": 0.1}
    alarms = [{**facts, "kind": kind, "sentence": f"{kind} it is"} for kind in kinds]
    about = {"pipeline": "churn", "bundle": bundle, "reference": "sha256:b", "until": day, "newest_record": day}
    found = {**about, "status": status, "why": "half is missing", "alarms": alarms, "windows": []}
    return MonitorReport.model_validate(found)


@pytest.mark.parametrize(
    ("found", "since", "labels", "propose", "why"),
    [
        (report("drift"), None, 100, True, "drift it is"),
        (report("drift"), END - WEEK, 100, True, "drift it is"),
        (report("drift"), END - WEEK + timedelta(hours=1), 100, False, "the last data version ends 2026-11-14"),
        (report("drift"), None, 99, False, "99 new labels, 100 are needed"),
        (report("performance"), None, 100, False, "no alarm on drift"),
        (report(status="ok"), None, 100, False, "no alarm on drift"),
        (report("drift", status="data-incident"), None, 100, False, "the feed is broken"),
    ],
)
def test_a_retraining_needs_an_alarm_rest_and_labels(
    found: MonitorReport, since: datetime | None, labels: int, propose: bool, why: str
) -> None:
    decision = decide(found, RETRAIN, since, END, labels)
    assert (decision.propose, decision.why[: len(why)]) == (propose, why)


def test_a_schedule_needs_no_alarm() -> None:
    policy = Retrain(when=("schedule",), minimum_new_labels=100)
    assert decide(report(status="ok"), policy, None, END, 100).why == "it is time by the schedule"


def test_flapping_drift_is_one_cause_until_a_data_version_is_merged() -> None:
    merged: list[datetime] = []
    opened = set()
    for day in range(90):
        end = END + timedelta(days=day)
        found = report(*(("drift",) if day % 3 else ()), status="alarm" if day % 3 else "ok")
        since = merged[-1] if merged else None
        if decide(found, RETRAIN, since, end, 1000).propose:
            opened.add(cause(found, since))
            if day % 5 == 0:
                merged.append(end)
    assert len(merged) > 3
    assert all(later - earlier >= WEEK for earlier, later in pairwise(merged))
    assert len(opened) == len(merged) + 1
    assert cause(report(), None) != cause(report(bundle="sha256:b"), None)


def test_a_new_file_follows_all_others_and_says_where_it_ends() -> None:
    names = ["rand_hie.csv.gz", "older.csv"]
    made = new_labelled_rows.name(names, END)
    assert made == "rand_hie.until-20261121T000000Z.csv"
    assert sorted([*names, made])[-1] == made
    assert new_labelled_rows.latest([*names, made]) == END
    later = new_labelled_rows.name([*names, made], END + WEEK)
    assert sorted([*names, made, later])[-1] == later
    assert new_labelled_rows.latest(names) is None


@pytest.mark.parametrize("first", ["rows.csv", "rows.v2.csv", "rows.until-now.csv", "rows.z.csv.gz", "zz"])
def test_new_files_follow_whatever_the_first_is_called(first: str) -> None:
    names = [first]
    for weeks in range(3):
        names.append(new_labelled_rows.name(names, END + weeks * WEEK))
        assert new_labelled_rows.latest(names) == END + weeks * WEEK
    assert names == sorted(names)
    assert names[-1].count(".until-2") == 1


def test_rows_are_spelled_like_the_source() -> None:
    records = Records(
        pl.Series("prediction_id", ["a", "b"]),
        pl.DataFrame({"age": [40.5, None], "plan": ["x;y", "z"], "time": [7, 8]}),
        pl.Series("output", [[0.5], [0.5]]),
        pl.Series("at", [END, END]),
        pl.Series("client_id", [None, None], dtype=pl.String),
        0,
    )
    labels = pl.DataFrame({"prediction_id": ["b", "a", "c"], "left": [1, 0, 1], "plan": ["w", "v", "u"]})
    labels = labels.with_columns(time=pl.lit(END))
    found = new_labelled_rows.rows(records, labels)
    columns = ["plan", "age", "note", "left", "time"]
    spellings = {
        "time": Spelling("int"),
        "plan": Spelling("category"),
        "age": Spelling("float"),
        "left": Spelling("bool", words=("1", "0")),
    }
    layout = new_labelled_rows.Layout(columns, columns, ";", "NA", spellings)
    text = new_labelled_rows.spelled(found, layout, ["left"])
    assert text == "plan;age;note;left;time\nv;40.5;NA;0;7\nw;NA;NA;1;8\n"
    wider = new_labelled_rows.Layout([*columns, "who"], None, ";", "NA", spellings)
    with pytest.raises(ConfigurationError, match="`who` of the source is neither logged nor labelled"):
        new_labelled_rows.spelled(found, wider, ["left", "who"])


def test_labels_may_go_by_what_clients_call_their_rows() -> None:
    """The second and the third answer have one name: the client asked again, and one thing happened."""
    records = Records(
        pl.Series("prediction_id", ["a", "b", "c", "d"]),
        pl.DataFrame({"age": [1, 2, 3, 4]}),
        pl.Series("output", [[0.5]] * 4),
        pl.Series("at", [END] * 4),
        pl.Series("client_id", ["7", "8", "8", None]),
        0,
    )
    labels = pl.DataFrame({"client_id": ["8", "7", "9"], "left": [1, 0, 1], "time": [END] * 3})
    assert new_labelled_rows.rows(records, labels, "client_id").rows(named=True) == [
        {"age": 1, "client_id": "7", "left": 0},
        {"age": 3, "client_id": "8", "left": 1},
    ]
    ours = pl.DataFrame({"prediction_id": ["8", "d"], "left": [1, 0], "time": [END] * 2})
    assert new_labelled_rows.rows(records, ours)["age"].to_list() == [4], "one is never taken for the other"
