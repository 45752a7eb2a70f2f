"""What a server counts, in Prometheus' text format: requests, errors, rows, seconds, and what its log lost.

Names begin with `mlops_serve_`, units are base units, and labels have few values: answers count by class of status,
refused rows by a column of the model (`(unknown)` for whatever a client made up) and a reason of a fixed list.
All is counted by the thread of the event loop, so that nothing needs a lock.
Buckets suit tables, of which a row takes a third of a millisecond, and small images, on a processor.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING

from mlops.bundle.refusal import OF_COLUMNS, REASONS, UNKNOWN
from mlops.files.prometheus import Sample, family

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mlops.bundle.refusal import Refusals

BUCKETS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)  # seconds
_HELP = {
    "mlops_serve_info": "The model that answers, always 1.",
    "mlops_serve_start_time_seconds": "When this process loaded its model, in seconds since 1970.",
    "mlops_serve_requests_total": "Answers to /invocations, by class of their status.",
    "mlops_serve_rows_total": "Rows that were scored.",
    "mlops_serve_refused_rows_total": "Rows that were not answered, by the first thing wrong with each.",
    "mlops_serve_request_duration_seconds": "From a request's first byte in this process to its last byte out.",
    "mlops_serve_requests_in_progress": "Requests whose headers are here and that have no answer yet.",
    "mlops_serve_batches_total": "Runs of the model for small requests, each for those that waited.",
    "mlops_serve_batched_rows_total": "Rows that were scored in those runs.",
    "mlops_serve_explanations_total": "Answers to /explain, by class of their status.",
    "mlops_serve_explained_rows_total": "Rows whose scores were explained.",
    "mlops_serve_explanation_seconds_total": "Seconds that requests to /explain took, those that they waited too.",
    "mlops_serve_connections": "Connections that are open.",
    "mlops_serve_connections_limit": "Connections that may be open.",
    "mlops_serve_connections_closed_total": "Connections closed for what they kept waiting, by what that was.",
    "process_cpu_seconds_total": "Seconds of CPU that this process spent, in user's and kernel's mode.",
    "process_resident_memory_bytes": "Memory that this process holds.",
    "process_open_fds": "Files and connections that this process has open.",
    "mlops_serve_events_dropped_total": "Lines of `log_format: ecs` that nobody read in time.",
    "mlops_serve_otlp_sent_total": "How often these numbers were sent to a collector.",
    "mlops_serve_otlp_failures_total": "How often they could not be sent; they are sent whole the next time.",
    "mlops_serve_log_failing": "Whether the prediction log cannot be written, 0 or 1.",
    "mlops_serve_log_dropped_rows_total": "Rows, scored or counted as refused, that the prediction log had to drop.",
    "mlops_serve_log_waiting_rows": "Scored rows that are not in a segment yet.",
    "mlops_serve_log_shipped_segments_total": "Segments of the prediction log sent to their place.",
    "mlops_serve_log_shipping_failures_total": "Rounds that could not send a segment; it is kept and sent again.",
    "mlops_serve_log_waiting_segments": "Segments that are not at their place yet.",
}
OF_PROCESS = ("process_", "mlops_serve_events_", "mlops_serve_otlp_", "mlops_serve_connections_closed_total")
"""How names of what a process counts begin, whichever bundle it serves."""
_KINDS = {"mlops_serve_request_duration_seconds": "histogram"}


class Metrics:
    """Counters of one serving process; `add` costs less than two microseconds."""

    def __init__(self, labels: Mapping[str, str], started: float, *, explains: bool = False) -> None:
        """Count from the moment `started`; explanations where the bundle `explains`."""
        self._labels, self._started = dict(labels), started
        self.requests = [0] * 6  # by the first digit of the status
        self.rows = 0
        self.in_progress = 0  # requests
        self.batches = self.batched = 0  # runs of the model, and rows in them
        # what no column is to blame for is there from the start, so that a rate sees its first row
        self.refused = Counter({(UNKNOWN, reason): 0 for reason in REASONS if reason not in OF_COLUMNS})
        self._explains, self._explanations = explains, [0] * 6  # by the first digit of the status
        self._explained, self._explaining = 0, 0.0  # rows, seconds
        self._seconds = 0.0
        self._buckets = [0] * (len(BUCKETS) + 1)

    def add(self, status: int, seconds: float, rows: int, refused: Refusals) -> None:
        """Count an answer: the rows that were scored, and those that were refused."""
        self.requests[status // 100] += 1
        self.rows += rows
        if refused:
            self.refused.update(refused)
        self._seconds += seconds
        self._buckets[bisect_left(BUCKETS, seconds)] += 1

    def explained(self, status: int, rows: int, seconds: float) -> None:
        """Count a request to /explain."""
        self._explanations[status // 100] += 1
        self._explained += rows
        self._explaining += seconds

    def render(
        self,
        log: Mapping[str, float],
        connections: int = 0,
        closed: Mapping[str, int] | None = None,
        process: Mapping[str, float] | None = None,
    ) -> bytes:
        """Spell all of it; `log` are the numbers of the prediction log, by the end of their names.

        `connections` are open now; `closed` were, by reason (`door.REASONS`); `process` are numbers by their names.
        """
        lines: list[str] = []
        samples = dict(self._samples())
        samples["mlops_serve_connections"] = [("", {}, float(connections))]
        reasons = sorted((closed or {}).items())
        samples["mlops_serve_connections_closed_total"] = [("", {"reason": why}, float(n)) for why, n in reasons]
        samples |= {name: [("", {}, float(value))] for name, value in (process or {}).items()}
        samples |= {f"mlops_serve_log_{name}": [("", {}, float(value))] for name, value in log.items()}
        for name in (name for name in _HELP if name in samples):
            kind = _KINDS.get(name, "counter" if name.endswith("_total") else "gauge")
            lines += family(name, kind, _HELP[name], samples[name])
        return ("\n".join(lines) + "\n").encode("utf-8")

    def _samples(self) -> Iterator[tuple[str, list[Sample]]]:
        yield "mlops_serve_info", [("", self._labels, 1.0)]
        yield "mlops_serve_start_time_seconds", [("", {}, self._started)]
        yield (
            "mlops_serve_requests_total",
            [("", {"status": f"{first}xx"}, float(self.requests[first])) for first in (2, 4, 5)],
        )
        yield "mlops_serve_requests_in_progress", [("", {}, float(self.in_progress))]
        yield "mlops_serve_batches_total", [("", {}, float(self.batches))]
        yield "mlops_serve_batched_rows_total", [("", {}, float(self.batched))]
        yield "mlops_serve_rows_total", [("", {}, float(self.rows))]
        yield (
            "mlops_serve_refused_rows_total",
            [
                ("", {"column": column, "reason": reason}, float(rows))
                for (column, reason), rows in sorted(self.refused.items())
            ],
        )
        if self._explains:
            yield (
                "mlops_serve_explanations_total",
                [("", {"status": f"{first}xx"}, float(self._explanations[first])) for first in (2, 4, 5)],
            )
            yield "mlops_serve_explained_rows_total", [("", {}, float(self._explained))]
            yield "mlops_serve_explanation_seconds_total", [("", {}, self._explaining)]
        total, cumulated = 0, list[Sample]()
        for bound, count in zip((*map(repr, BUCKETS), "+Inf"), self._buckets, strict=True):
            total += count
            cumulated.append(("_bucket", {"le": bound}, float(total)))
        yield (
            "mlops_serve_request_duration_seconds",
            [*cumulated, ("_sum", {}, self._seconds), ("_count", {}, float(total))],
        )
