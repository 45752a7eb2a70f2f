from __future__ import annotations

import errno
import gzip
import json
import os
import signal
import subprocess
import sys
import urllib.request
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import polars as pl
import pytest

from mlops.bundle.prediction_log import segment_name, segment_times, segments
from mlops.bundle.schema import Requests
from mlops.errors import InfrastructureError
from mlops.monitor.segment import read_refusals, read_segment
from mlops.serve.app import create
from mlops.serve.log import PredictionLog
from tests.builders.bundles import make_bundle, make_predictor
from tests.builders.client import Client
from tests.builders.waiting import CEILING, end, started, wait_until

if TYPE_CHECKING:
    from pathlib import Path

START = 1_780_000_000_000_000_000  # nanoseconds
ROW = {"age": 40.5, "visits": 3, "insured": True, "plan": None, "joined": "2020-02-29", "seen": "2020-05-01T08:00:00"}
SERVE = (
    "import sys; from pathlib import Path; from mlops.serve.server import serve;"
    "serve(Path(sys.argv[1]), port=0, log=Path(sys.argv[2]))"
)


def opened(folder: Path, **options: Any) -> PredictionLog:
    ticks = count(START, 1_000_000)
    return PredictionLog(folder, "sha256:b", make_predictor().schema, clock=lambda: next(ticks), **options)


def read(folder: Path) -> pl.DataFrame:
    return pl.concat([read_segment(path) for path in segments(folder)])


def test_what_was_answered_is_read_back(tmp_path: Path) -> None:
    log = opened(tmp_path, seconds=3600)
    names = [log.identity() for _ in range(3)]
    for name in names:
        log.add(name, [ROW, {**ROW, "visits": 4}], np.array([0.25, 0.5], dtype=np.float32))
    log.close()
    log.close()
    frame = read(tmp_path)
    assert frame["prediction_id"].to_list() == [f"{name}-{row}" for name in names for row in (0, 1)]
    assert frame["features"][1] == {**ROW, "visits": 4}
    assert frame["output"].to_list() == [[0.25], [0.5]] * 3
    assert set(frame["bundle"]) == {"sha256:b"}
    assert frame["at"][0] == datetime.fromtimestamp(START // 10**9, UTC)
    assert [path.name for path in tmp_path.iterdir() if not path.name.endswith(".jsonl.gz")] == []


def test_a_full_segment_is_written_without_a_stop(tmp_path: Path) -> None:
    log = opened(tmp_path, rows=10, seconds=3600)
    for _ in range(100):
        log.add(log.identity(), [ROW], np.array([0.5], dtype=np.float32))
    wait_until(lambda: log.waiting < 10)
    assert read(tmp_path).height >= 91
    log.close()
    assert read(tmp_path).height == 100
    assert read(tmp_path)["prediction_id"].n_unique() == 100


def test_a_segment_made_a_little_at_a_time_holds_every_row_in_order(tmp_path: Path) -> None:
    log = opened(tmp_path, seconds=3600)
    names = [log.identity() for _ in range(90)]
    for number, name in enumerate(names):
        log.add(name, [ROW] * (number % 7), np.full(number % 7, number, dtype=np.float32))
    log.add("large", [ROW] * 500, np.zeros(500, dtype=np.float32))
    log.close()
    (path,) = segments(tmp_path)
    frame = read_segment(path)
    expected = [f"{name}-{row}" for number, name in enumerate(names) for row in range(number % 7)]
    assert frame["prediction_id"].to_list() == [*expected, *(f"large-{row}" for row in range(500))]
    assert frame["output"].list.first().to_list()[: len(expected)] == [
        number for number in range(90) for _ in range(number % 7)
    ]
    assert log.waiting == 0


def test_a_folder_that_is_lost_holds_records_up_to_a_bound(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = opened(tmp_path / "log", most=5, seconds=3600)
    (tmp_path / "log").rmdir()
    (tmp_path / "log").write_text("in the way")
    for _ in range(7):
        log.add(log.identity(), [ROW], np.array([0.5], dtype=np.float32))
    log.close()
    assert log.dropped == 2
    assert "5 records are lost" in capsys.readouterr().err


class Broken(PredictionLog):
    """A log whose segments cannot be made, and that counts how often it tried, and asked itself whether to try."""

    tried = asked = 0

    def _due(self) -> bool:
        self.asked += 1
        return super()._due()

    def _write(self, taken: Any, refused: Any) -> None:
        self.tried += 1
        raise self.error

    error: Exception = OSError("no space left")


def test_requests_do_not_hurry_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    log = Broken(tmp_path, "sha256:b", make_predictor().schema, rows=1, seconds=3600)
    log.add(log.identity(), [ROW], np.array([0.5], dtype=np.float32))
    wait_until(lambda: log.tried == 1)
    for _ in range(50):
        asked = log.asked
        log.add(log.identity(), [ROW], np.array([0.5], dtype=np.float32))
        wait_until(lambda asked=asked: log.asked > asked)  # type: ignore[misc]
    assert log.tried == 1
    log.close()
    assert (log.tried, log.waiting) == (2, 51)


def test_a_mistake_of_our_own_is_told_with_its_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for error in (OSError("no space left"), KeyError("plan")):
        log = Broken(tmp_path, "sha256:b", make_predictor().schema, seconds=3600)
        log.error = error
        log.add(log.identity(), [ROW], np.array([0.5], dtype=np.float32))
        log.close()
        said = capsys.readouterr().err
        assert "the prediction log cannot be written: " in said
        assert ("Traceback" in said) == isinstance(error, KeyError)


def test_a_request_that_the_log_could_not_hold_is_refused(tmp_path: Path) -> None:
    app = create(make_bundle(tmp_path / "bundle"), log=tmp_path / "log")
    client = Client(app)
    for plan, status in (("\ud83d", 400), ("basic", 200)):
        rows = [ROW | {"plan": plan}]
        body = json.dumps({"dataframe_records": rows}).encode("ascii")
        response = client.post("/invocations", content=body, headers={"content-type": "application/json"})
        assert response.status_code == status
    app.state.log.close()
    assert read(tmp_path / "log")["features"].struct.field("plan").to_list() == ["basic"]


def test_a_folder_that_cannot_be_written_is_said_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("a file")
    with pytest.raises(InfrastructureError) as caught:
        opened(tmp_path / "log" / "inner")
    assert caught.value.hint == "choose another --log"


def test_segments_are_opened_only_where_their_times_meet_the_window(tmp_path: Path) -> None:
    hour = 3_600_000_000
    names = [segment_name(k * hour, (k + 1) * hour - 1, "a-0") for k in range(4)]
    for name in (*names, "notes.parquet"):
        (tmp_path / name).touch()
    start, end = datetime(1970, 1, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, 3, tzinfo=UTC)
    assert [path.name for path in segments(tmp_path, start, end)] == names[1:3]


def test_the_caller_gets_the_name_of_its_prediction(tmp_path: Path) -> None:
    app = create(make_bundle(tmp_path / "bundle"), log=tmp_path / "log")
    client = Client(app)
    good = client.post("/invocations", json={"dataframe_records": [ROW | {"plan": "basic"}] * 2})
    bad = client.post("/invocations", json={"dataframe_records": [{}]})
    app.state.log.close()
    assert "x-prediction-id" not in bad.headers
    frame = read(tmp_path / "log")
    assert frame["prediction_id"].to_list() == [f"{good.headers['x-prediction-id']}-{row}" for row in (0, 1)]
    assert frame["output"].list.first().to_list() == good.json()["predictions"]
    assert set(frame["bundle"]) == {good.headers["x-bundle-digest"]}


@pytest.mark.parametrize("batch", ["all", "rows"])
def test_what_a_client_calls_its_rows_is_kept_beside_our_name(tmp_path: Path, batch: Literal["all", "rows"]) -> None:
    bundle = make_bundle(tmp_path / "bundle", requests=Requests(batch=batch))
    app = create(bundle, log=tmp_path / "log")
    client, row = Client(app), ROW | {"plan": "basic"}
    rows = [row, {} if batch == "rows" else row, row]
    named = {"dataframe_records": rows, "params": {"client_id": ["order-1", "order-2", None]}}
    assert client.post("/invocations", json=named).status_code == 200
    assert client.post("/invocations", json={"dataframe_records": [row]}).status_code == 200
    refused = client.post("/invocations", json=named | {"params": {"client_id": ["x" * 101, None, None]}})
    assert (refused.status_code, "1 to 100 printable characters" in refused.text) == (400, True)
    app.state.log.close()
    kept = read(tmp_path / "log")["client_id"].to_list()
    assert kept == (["order-1", None, None] if batch == "rows" else ["order-1", "order-2", None, None])


@pytest.mark.slow
def test_a_server_that_is_told_to_stop_loses_nothing(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle")
    body = json.dumps({"dataframe_records": [ROW | {"plan": "basic"}] * 7}).encode()
    command = [sys.executable, "-c", SERVE, str(bundle), str(tmp_path / "log")]
    with started(command, stderr=subprocess.PIPE) as process:
        url = f"{process.stderr.readline().split()[-1]}/invocations"
        for _ in range(5):
            request = urllib.request.Request(url, body, {"content-type": "application/json"})  # noqa: S310
            with urllib.request.urlopen(request, timeout=CEILING) as response:  # noqa: S310
                assert len(json.load(response)["predictions"]) == 7
        end(process, signal.SIGTERM)
    assert read(tmp_path / "log").height == 35


def test_what_was_refused_is_counted_by_the_minute_in_the_head(tmp_path: Path) -> None:
    at = iter([START, START + 1_000_000_000, START + 60_000_000_000, START + 61_000_000_000])
    log = PredictionLog(tmp_path, "sha256:b", make_predictor().schema, clock=lambda: next(at), seconds=3600)
    log.refuse({("visits", "null"): 2, ("(unknown)", "batch"): 3})
    log.refuse({("visits", "null"): 1})
    log.refuse({("visits", "null"): 4})
    log.add("p", [ROW], np.array([0.5], dtype=np.float32))
    log.close()
    (path,) = segments(tmp_path)
    minute = START // 1000 - START // 1000 % 60_000_000
    with gzip.open(path) as file:
        head = json.loads(file.readline())
    assert head["refused"] == [
        [minute, "(unknown)", "batch", 3],
        [minute, "visits", "null", 3],
        [minute + 60_000_000, "visits", "null", 4],
    ]
    assert read_segment(path).height == 1
    assert segment_times(path.name)[0] == datetime.fromtimestamp(minute / 10**6, UTC)


def test_a_server_that_refuses_everything_leaves_a_segment_too(tmp_path: Path) -> None:
    log = opened(tmp_path, seconds=3600)
    log.refuse({("visits", "null"): 2})
    log.close()
    (path,) = segments(tmp_path)
    start = datetime.fromtimestamp(START // 10**9, UTC)
    assert read_segment(path).height == 0
    assert read_refusals(path, start - timedelta(minutes=1), start, "sha256:b") == {("visits", "null"): 2}


def test_without_refusals_a_segment_has_the_bytes_it_always_had(tmp_path: Path) -> None:
    log = opened(tmp_path, seconds=3600)
    log.add("p", [ROW], np.array([0.5], dtype=np.float32))
    log.close()
    (path,) = segments(tmp_path)
    with gzip.open(path) as file:
        assert list(json.loads(file.readline())) == ["schema_version", "bundle", "fields", "records"]


def test_counts_wait_for_a_folder_that_cannot_be_written_up_to_a_bound(tmp_path: Path) -> None:
    log = Broken(tmp_path, "sha256:b", make_predictor().schema, rows=1, seconds=0.01)
    log.refuse({("visits", "null"): 2})
    wait_until(lambda: log.tried >= 2)
    log.refuse({(f"column {number}", "null"): 1 for number in range(60_000)})
    log.close()
    assert log.tried >= 3
    assert 10_000 <= log.dropped <= 10_001


def test_over_http_refused_rows_are_logged_and_counted_and_ids_keep_their_places(tmp_path: Path) -> None:
    requests = Requests(nulls="refuse", batch="rows")
    app = create(make_bundle(tmp_path / "bundle", requests=requests), log=tmp_path / "log", clock=lambda: START)
    client = Client(app)
    answered = client.post("/invocations", json={"inputs": [ROW, {**ROW, "visits": None}, ROW]})
    assert answered.json()["predictions"][1] is None
    assert client.post("/invocations", json={"inputs": [{**ROW, "Ada": 1}]}).status_code == 400
    assert client.post("/invocations", content=b"{}", headers={"content-type": "text/plain"}).status_code == 415
    app.state.log.close()
    (path,) = segments(tmp_path / "log")
    identity = answered.headers["x-prediction-id"]
    assert read_segment(path)["prediction_id"].to_list() == [f"{identity}-0", f"{identity}-2"]
    text = client.get("/metrics").text
    for labels, rows in (
        ('"visits",reason="null"', 1),
        ('"(unknown)",reason="field"', 1),
        ('"(unknown)",reason="body"', 1),
    ):
        assert f"mlops_serve_refused_rows_total{{column={labels}}} {rows}.0\n" in text
    assert "mlops_serve_rows_total 2.0\n" in text
    assert b"Ada" not in gzip.decompress(path.read_bytes())
    assert "Ada" not in text


def test_a_full_disk_is_said_by_log_and_health_while_requests_are_answered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(tmp_path / "log"))

    app = create(make_bundle(tmp_path / "bundle"), log=tmp_path / "log")
    client, log = Client(app), app.state.log
    with monkeypatch.context() as patched:
        patched.setattr(log, "_write", full)
        patched.setattr(log, "_rows", 1)
        for _ in range(2):
            assert client.post("/invocations", json={"dataframe_records": [ROW]}).status_code == 200
        wait_until(lambda: log.trouble != "")
        said = {"status": "degraded", "log": "cannot be written: No space left on device"}
        answered = client.get("/health")
        assert (answered.status_code, answered.json()) == (200, said)
        assert "\nmlops_serve_log_failing 1.0\n" in client.get("/metrics").text
        assert client.post("/invocations", json={"dataframe_records": [ROW]}).status_code == 200
    log.close()  # there is room again, and nothing is lost
    assert client.get("/health").json() == {"status": "ok"}
    assert sum(line.count("\n") for line in [capsys.readouterr().err]) == 2
    assert log.waiting == log.dropped == 0
