"""Numbers that are sent to a collector: a real one of HTTP, which reads them by OpenTelemetry's own schema."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from pydantic import ValidationError

from mlops.blocks.metrics_push import MetricsPush
from mlops.errors import ConfigurationError
from mlops.serve.metrics import BUCKETS, Metrics
from mlops.serve.otlp import Push, headers_of
from tests.builders.bundles import make_bundle
from tests.builders.served import answer, invocation, served
from tests.builders.waiting import CEILING, wait_until


class Collector:
    """What a collector was sent, and what it answers."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, dict[str, str], bytes]] = []
        self.status, self.said, self.more = 200, b"{}", {"content-type": "application/json"}

    def first(self) -> dict[str, Any]:
        """Metrics of the latest request by name, as the schema reads them."""
        request = json_format.Parse(self.taken[-1][2], ExportMetricsServiceRequest())
        (resource,) = request.resource_metrics
        (scope,) = resource.scope_metrics
        assert scope.scope.name == "mlops.serve"
        return {metric.name: metric for metric in scope.metrics}


@contextmanager
def collecting() -> Iterator[tuple[Collector, str]]:
    collector = Collector()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            collector.taken.append((self.path, {key.lower(): value for key, value in self.headers.items()}, body))
            self.send_response(collector.status)
            for header in collector.more.items():
                self.send_header(*header)
            self.end_headers()
            self.wfile.write(collector.said)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield collector, f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(CEILING)


def page() -> bytes:
    metrics = Metrics({"pipeline": 'a"b\\c\nd', "bundle": "sha256:1", "task": "binary"}, 7.0)
    for seconds in (0.0002, 0.3, 99.0):
        metrics.add(200, seconds, 2, {})
    return metrics.render({"failing": 0}, 2)


def started(address: str, environment: dict[str, str] | None = None) -> Push:
    push = Push(MetricsPush(otlp=address, every_seconds=3600), environment or {})
    push.start(page, "shop sha256:1", 7.0)
    return push


def test_numbers_are_what_the_schema_of_opentelemetry_reads() -> None:
    with collecting() as (collector, address):
        push = started(f"{address}/otlp/", {"OTEL_EXPORTER_OTLP_HEADERS": "api-key=a%20b"})
        push.send()
        path, headers, body = collector.taken[0]
        assert (path, headers["api-key"], headers["content-type"]) == ("/otlp/v1/metrics", "a b", "application/json")
        assert push.numbers() == {"mlops_serve_otlp_sent_total": 1, "mlops_serve_otlp_failures_total": 0}
        request = json_format.Parse(body, ExportMetricsServiceRequest())
        named = {each.key: each.value.string_value for each in request.resource_metrics[0].resource.attributes}
        assert (named["service.name"], named["service.version"]) == ("shop", "sha256:1")
        found = collector.first()
        push.close()
        assert len(collector.taken) == 2  # the last numbers, when the server stops
        push.close()
    requests = found["mlops_serve_requests_total"].sum
    assert (requests.is_monotonic, requests.aggregation_temporality) == (True, 2)
    points = {point.attributes[0].value.string_value: point for point in requests.data_points}
    assert (points["2xx"].as_double, points["4xx"].as_double) == (3, 0)
    assert points["2xx"].start_time_unix_nano == 7 * 10**9 < points["2xx"].time_unix_nano
    (histogram,) = found["mlops_serve_request_duration_seconds"].histogram.data_points
    assert (histogram.count, histogram.sum) == (3, pytest.approx(99.3002))
    assert (sum(histogram.bucket_counts), histogram.bucket_counts[-1]) == (3, 1)
    assert (tuple(histogram.explicit_bounds), len(histogram.bucket_counts)) == (BUCKETS, len(BUCKETS) + 1)
    assert found["mlops_serve_request_duration_seconds"].unit == "s"
    (told,) = found["mlops_serve_info"].gauge.data_points
    assert {each.key: each.value.string_value for each in told.attributes}["pipeline"] == 'a"b\\c\nd'
    assert found["mlops_serve_connections"].gauge.data_points[0].as_double == 2
    assert found["mlops_serve_rows_total"].description == "Rows that were scored."


def test_what_cannot_be_sent_is_counted_and_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    with collecting() as (collector, address):
        push = started(address, {"OTEL_EXPORTER_OTLP_HEADERS": "token=secret"})
        collector.status = 503
        push.send()
        push.send()
        collector.status, collector.more = 302, {"location": "/elsewhere"}
        push.send()
        collector.status, collector.more = 200, {}
        collector.said = b'{"partialSuccess":{"rejectedDataPoints":"2","errorMessage":"too old"}}'
        push.send()
        assert (push.failures, push.sent, len(collector.taken)) == (4, 0, 4)  # nobody went elsewhere
        collector.said = b"no JSON"
        push.send()
        assert (push.failures, push.sent) == (4, 1)
    push.send()
    push.close()
    told = capsys.readouterr().err.splitlines()
    where = f"metrics cannot be sent to {address}/v1/metrics"
    assert told[0] == f"{where}: Service Unavailable; requests are answered"
    assert (len(told), "Connection refused" in told[1], "secret" in "".join(told)) == (2, True, False)


def test_what_goes_to_this_machine_goes_by_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    with collecting() as (proxy, elsewhere), collecting() as (collector, address):
        monkeypatch.setenv("http_proxy", elsewhere)
        push = started(address, {"OTEL_EXPORTER_OTLP_HEADERS": "token=secret"})
        push.send()
        push.close()
        assert (len(proxy.taken), len(collector.taken)) == (0, 2)


def test_a_server_sends_what_it_counts_and_answers_where_nobody_takes_it(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle")
    with collecting() as (collector, address):
        collector.status = 500
        with served(bundle, metrics=MetricsPush(otlp=address, every_seconds=1)) as running:
            with running.connect() as client:
                client.sendall(invocation(bundle))
                assert answer(client)[0] == 200
            wait_until(lambda: b"mlops_serve_otlp_failures_total 1.0" in running.ask("/metrics")[2])
        found = collector.first()
        assert found["mlops_serve_requests_total"].sum.data_points[0].as_double == 1


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("ftp://collector", "no address of a collector: https://HOST, or http://HOST:4318"),
        ("https://collector:0", "no address of a collector: https://HOST, or http://HOST:4318"),
        ("https://", "no address of a collector: https://HOST, or http://HOST:4318"),
        ("https://collector:port", "no address of a collector: https://HOST, or http://HOST:4318"),
        (
            "https://me:secret@collector",
            "an address holds no secret: tokens are headers, and those stand in the environment variable "
            "OTEL_EXPORTER_OTLP_HEADERS",
        ),
    ],
)
def test_an_address_is_held_to_what_it_may_be(address: str, said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        MetricsPush(otlp=address)
    assert caught.value.errors()[0]["msg"] == f"Value error, {said}"


def test_headers_are_read_from_the_environment_and_never_repeated() -> None:
    both = {"OTEL_EXPORTER_OTLP_HEADERS": "a=1,B=2,", "OTEL_EXPORTER_OTLP_METRICS_HEADERS": "b=3=4"}
    assert headers_of(both) == {"a": "1", "b": "3=4"}
    for wrong in ("a=1,secret", "a=1,two words=2", "a=1,b=%0D%0Ax: y"):
        with pytest.raises(ConfigurationError) as caught:
            headers_of({"OTEL_EXPORTER_OTLP_HEADERS": wrong})
        assert caught.value.message == (
            "the environment variable OTEL_EXPORTER_OTLP_HEADERS holds no header at its place 2"
        )
    with pytest.raises(ConfigurationError) as clear:
        Push(MetricsPush(otlp="http://collector:4318"), {"OTEL_EXPORTER_OTLP_HEADERS": "a=secret"})
    assert clear.value.message == (
        "http://collector:4318: the headers of OTEL_EXPORTER_OTLP_HEADERS would be read by others on their way"
    )
    assert clear.value.hint == "https://collector:4318, or no headers"
    Push(MetricsPush(otlp="http://collector:4318"), {})
