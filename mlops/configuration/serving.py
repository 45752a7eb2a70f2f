"""What serving a model may cost: the quantities a rule of a gate may name beside metrics.

`over_champion` is a share of the champion's value here: `no_worse_than: 0.2` allows a fifth more.
"""

from __future__ import annotations

SERVING: dict[str, bool] = {
    "latency_p50": False,
    "latency_p99": False,
    "throughput": True,
    "cold_start": False,
    "memory": False,
    "size": False,
}
"""Whether more is better, by name; seconds a request of one row, rows a second in batches, seconds, MiB, MiB."""
