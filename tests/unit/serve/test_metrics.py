from __future__ import annotations

from pathlib import Path

import pytest

from mlops.files.remote_folder import RemoteFolder
from mlops.serve.app import create
from mlops.serve.metrics import BUCKETS, Metrics
from tests.builders.bundles import make_bundle
from tests.builders.client import Client
from tests.builders.served import answer, invocation, served
from tests.builders.waiting import wait_until
from tests.unit.serve.test_log import ROW


def values(text: str) -> dict[str, float]:
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in text.splitlines() if line[0] != "#"}


def test_a_fresh_process_has_all_series_at_zero() -> None:
    text = Metrics({"pipeline": 'a"b\\c\n'}, 12.5).render({"dropped_rows_total": 0, "waiting_rows": 3}).decode()
    assert text.startswith(
        "# HELP mlops_serve_info The model that answers, always 1.\n"
        "# TYPE mlops_serve_info gauge\n"
        'mlops_serve_info{pipeline="a\\"b\\\\c\\n"} 1.0\n'
        "# HELP mlops_serve_start_time_seconds When this process loaded its model, in seconds since 1970.\n"
        "# TYPE mlops_serve_start_time_seconds gauge\n"
        "mlops_serve_start_time_seconds 12.5\n"
    )
    found = values(text)
    assert [found[f'mlops_serve_requests_total{{status="{kind}"}}'] for kind in ("2xx", "4xx", "5xx")] == [0, 0, 0]
    assert found["mlops_serve_request_duration_seconds_count"] == 0
    assert found["mlops_serve_log_waiting_rows"] == 3
    assert "shipped" not in text
    assert "# TYPE mlops_serve_log_dropped_rows_total counter\n" in text


def test_buckets_are_cumulative_and_their_bounds_belong_to_them() -> None:
    metrics = Metrics({}, 0.0)
    for seconds in (0.0005, 0.001, 0.0011, 9.0):
        metrics.add(200, seconds, 2, {})
    found = values(metrics.render({}).decode())
    prefix = "mlops_serve_request_duration_seconds"
    counts = [found[f'{prefix}_bucket{{le="{bound}"}}'] for bound in (*BUCKETS, "+Inf")]
    assert counts == [0, 0, 1, 2, *[3] * (len(BUCKETS) - 4), 4]
    assert found[f"{prefix}_count"] == 4
    assert found[f"{prefix}_sum"] == 0.0005 + 0.001 + 0.0011 + 9.0
    assert found["mlops_serve_rows_total"] == 8


def test_a_third_of_a_millisecond_lies_between_two_bounds() -> None:
    assert [bound for bound in BUCKETS if bound < 0.001] == [0.0001, 0.00025, 0.0005]


@pytest.mark.slow
def test_requests_under_way_and_runs_of_the_model_are_counted(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle")
    with served(bundle) as running, running.connect() as half, running.connect() as whole:
        asked = invocation(bundle)
        half.sendall(asked[:-5])
        whole.sendall(asked)
        assert answer(whole)[0] == 200
        found = values(running.ask("/metrics")[2].decode())
        assert found["mlops_serve_requests_in_progress"] == 1
        assert (found["mlops_serve_batches_total"], found["mlops_serve_batched_rows_total"]) == (1, 1)
        assert found["process_cpu_seconds_total"] > 0
        half.close()
        wait_until(lambda: b"mlops_serve_requests_in_progress 0.0" in running.ask("/metrics")[2])


def test_a_server_counts_what_it_answers_loses_and_ships(tmp_path: Path) -> None:
    ship = RemoteFolder(f"file://{tmp_path}/place")
    app = create(make_bundle(tmp_path / "bundle"), log=tmp_path / "log", ship=ship)
    client = Client(app)
    rows = [ROW | {"plan": "basic"}] * 3
    assert client.post("/invocations", json={"dataframe_records": rows}).status_code == 200
    assert client.post("/invocations", json={"dataframe_records": [{}]}).status_code == 400
    assert client.post("/invocations", content=b"x", headers={"content-type": "text/plain"}).status_code == 415
    app.state.log.close()
    app.state.shipping.close()
    wait_until(lambda: app.state.shipping.waiting() == 0)
    answer = client.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    found = values(answer.text)
    assert found['mlops_serve_requests_total{status="2xx"}'] == 1
    assert found['mlops_serve_requests_total{status="4xx"}'] == 2
    assert found["mlops_serve_rows_total"] == 3
    assert found["mlops_serve_request_duration_seconds_count"] == 3
    assert found["mlops_serve_log_shipped_segments_total"] == 1
    assert found["mlops_serve_log_waiting_segments"] == 0
    assert found["mlops_serve_connections_limit"] == 512
    assert sum(name.startswith("mlops_serve_info{") for name in found) == 1
    assert len(list((tmp_path / "place").iterdir())) == 1
