"""The numbers of `/metrics`, sent to a collector: OTLP over HTTP, in JSON, as OpenTelemetry's specification says.

A thread sends them, beside the requests; what cannot be sent is counted, and harms no answer: sums are sent whole the
next time. https://opentelemetry.io/docs/specs/otlp and .../docs/specs/otel/protocol/exporter
"""

from __future__ import annotations

import json
import os
import re
import secrets
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from mlops import __version__
from mlops.errors import ConfigurationError
from mlops.files.loopback import is_loopback, opener

if TYPE_CHECKING:
    from mlops.blocks.metrics_push import MetricsPush

HEADERS = ("OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_METRICS_HEADERS")
"""Where headers stand, the tokens of collectors among them: `key=value,key=value`, values as in a URL; the latter goes
before."""
_PATH = "/v1/metrics"
_TIMEOUT = 10.0  # seconds, as the specification says where nobody does
_LAST = 2.0  # that the last numbers may take when the server stops
_LARGEST = 64 << 10  # bytes of an answer that are looked at
_CUMULATIVE = 2
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_ESCAPED = re.compile(r"\\(.)")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_UNITS = {"seconds": "s", "bytes": "By"}


class Push:
    """Sends a page of Prometheus' text format again and again."""

    def __init__(self, asked: MetricsPush, environment: Mapping[str, str] = os.environ) -> None:
        """Find where to send it, and by which headers.

        Raises:
            ConfigurationError: the headers cannot be read, or could be read by others on their way.
        """
        self.address = asked.otlp.rstrip("/").removesuffix(_PATH) + _PATH
        self._headers = headers_of(environment)
        where = urlsplit(asked.otlp)
        here = is_loopback(where.hostname or "")
        if self._headers and where.scheme == "http" and not here:
            raise ConfigurationError(
                f"{asked.otlp}: the headers of {HEADERS[0]} would be read by others on their way",
                hint=f"https://{where.netloc}, or no headers",
            )
        self._seconds, self._opener = asked.every_seconds, opener(asked.otlp, _Stay)
        self._instance = secrets.token_hex(8)
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._failing = False
        self.sent = self.failures = 0

    def start(self, page: Callable[[], bytes], served: str, since: float) -> None:
        """Send what `page` says from now on; it counts `since` then, in seconds since 1970, by a `served` bundle."""
        self._page, self._resource, self._since = page, _resource(served, self._instance), since
        self._thread = threading.Thread(target=self._work, name="otlp", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Send the last numbers, soon, and stop; again does nothing."""
        if self._thread is not None and not self._ended.is_set():
            self._ended.set()
            self._thread.join(_LAST)

    def numbers(self) -> dict[str, float]:
        """Count what was sent, for `/metrics` itself."""
        return {"mlops_serve_otlp_sent_total": self.sent, "mlops_serve_otlp_failures_total": self.failures}

    def _work(self) -> None:
        while not self._ended.wait(self._seconds):
            self.send()
        self.send(_LAST)

    def send(self, timeout: float = _TIMEOUT) -> None:
        """Send them once; whatever is wrong is told once, and counted."""
        try:
            body = spell(self._page(), self._resource, self._since, time.time())
            headers = {"content-type": "application/json", "user-agent": f"mlops/{__version__}", **self._headers}
            request = urllib.request.Request(self.address, body, headers)  # noqa: S310 - http alone, by the block
            with self._opener.open(request, timeout=timeout) as answer:
                said = answer.read(_LARGEST)
            if lost := _rejected(said):
                raise ValueError(f"{lost} numbers were not taken")
        except Exception as error:  # of sockets, HTTP, TLS; a thread that ended would send nothing any more
            self.failures += 1
            if not self._failing:
                told = f"metrics cannot be sent to {self.address}: {getattr(error, 'reason', None) or error}"
                print(f"{told}; requests are answered", file=sys.stderr, flush=True)
            self._failing = True
        else:
            self.sent += 1
            self._failing = False


class _Stay(urllib.request.HTTPRedirectHandler):
    """Goes nowhere else: the headers are for one collector."""

    def redirect_request(self, *_: Any) -> None:
        """Take a redirection for a failure."""


def headers_of(environment: Mapping[str, str]) -> dict[str, str]:
    """Read the headers that HEADERS name; raises ConfigurationError, which does not repeat them.

    >>> headers_of({"OTEL_EXPORTER_OTLP_HEADERS": "api-key=a%20b, tenant=shop"})
    {'api-key': 'a b', 'tenant': 'shop'}
    """
    found: dict[str, str] = {}
    for variable in HEADERS:
        for number, part in enumerate(filter(str.strip, environment.get(variable, "").split(",")), start=1):
            key, given, value = (each.strip() for each in part.partition("="))
            text = unquote(value)
            if not (given and _TOKEN.fullmatch(key) and text.isascii() and text.isprintable()):
                raise ConfigurationError(
                    f"the environment variable {variable} holds no header at its place {number}",
                    hint=f"{variable}=key=value,key=value, with values as in a URL: %20 is a blank, %2C a comma",
                )
            found[key.lower()] = text
    return found


def spell(page: bytes, resource: Any, since: float, now: float) -> bytes:
    """Spell a page as an ExportMetricsServiceRequest; numbers of 64 bits are texts there."""
    moments = {"startTimeUnixNano": f"{round(since * 1e9)}", "timeUnixNano": f"{round(now * 1e9)}"}
    metrics = [_metric(*family, moments) for family in _families(page.decode("utf-8"))]
    scope = {"scope": {"name": "mlops.serve", "version": __version__}, "metrics": metrics}
    document = {"resourceMetrics": [{"resource": resource, "scopeMetrics": [scope]}]}
    return json.dumps(document, separators=(",", ":")).encode("ascii")


_Sample = tuple[str, dict[str, str], float]


def _families(page: str) -> Iterator[tuple[str, str, str, list[_Sample]]]:
    """Give name, kind, help and samples of each family: the end of a sample's name, its labels and its value."""
    name = kind = about = ""
    samples: list[_Sample] = []
    for line in [*page.split("\n"), "# HELP  "]:
        if line.startswith("# HELP "):
            if samples:
                yield name, kind, about, samples
            _, _, name, about = line.split(" ", 3)
            samples = []
        elif line.startswith("# TYPE "):
            kind = line.rpartition(" ")[2]
        elif line:
            head, _, value = line.rpartition(" ")
            labels = {key: _ESCAPED.sub(_unescaped, text) for key, text in _LABEL.findall(head)}
            samples.append((head.partition("{")[0].removeprefix(name), labels, float(value)))


def _metric(name: str, kind: str, about: str, samples: list[_Sample], moments: dict[str, str]) -> dict[str, Any]:
    unit = next((unit for word, unit in _UNITS.items() if f"_{word}" in name), "")
    head = {"name": name, "description": about, **({"unit": unit} if unit else {})}
    if kind == "histogram":
        data = {"dataPoints": [_histogram(samples, moments)], "aggregationTemporality": _CUMULATIVE}
        return {**head, "histogram": data}
    times = moments if kind == "counter" else {"timeUnixNano": moments["timeUnixNano"]}
    points = [{**_attributes(labels), **times, "asDouble": value} for _, labels, value in samples]
    if kind == "counter":
        return {**head, "sum": {"dataPoints": points, "aggregationTemporality": _CUMULATIVE, "isMonotonic": True}}
    return {**head, "gauge": {"dataPoints": points}}


def _histogram(samples: list[_Sample], moments: dict[str, str]) -> dict[str, Any]:
    """Take cumulated buckets apart; the last bound is infinite, and stands for itself."""
    buckets = [(labels["le"], value) for end, labels, value in samples if end == "_bucket"]
    counts = [value for _, value in buckets]
    each = [int(after - before) for before, after in zip([0.0, *counts], counts, strict=False)]
    total = next(value for end, _, value in samples if end == "_sum")
    return {
        **moments,
        "count": str(int(counts[-1])),
        "sum": total,
        "bucketCounts": [str(count) for count in each],
        "explicitBounds": [float(bound) for bound, _ in buckets[:-1]],
    }


def _resource(served: str, instance: str) -> dict[str, Any]:
    pipeline, _, bundle = served.partition(" ")
    return _attributes({"service.name": pipeline, "service.version": bundle, "service.instance.id": instance})


def _attributes(labels: Mapping[str, str]) -> dict[str, Any]:
    return {"attributes": [{"key": key, "value": {"stringValue": text}} for key, text in labels.items()]}


def _unescaped(found: re.Match[str]) -> str:
    return "\n" if found[1] == "n" else found[1]


def _rejected(answer: bytes) -> int:
    """Count what a collector says that it did not take; one that answers no JSON took all."""
    try:
        said = json.loads(answer or b"{}")
        return int(said.get("partialSuccess", {}).get("rejectedDataPoints", 0))
    except (AttributeError, TypeError, ValueError):
        return 0
