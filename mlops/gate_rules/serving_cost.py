"""What serving a model may cost: the quantities that `metric:` of a rule may name beside metrics.

`over_champion` is a share of the champion's value here: `no_worse_than: 0.2` allows a fifth more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Literal, NamedTuple

from mlops.gate_rules.rule_kind import RuleKind
from mlops.kinds.called import Called, declared
from mlops.kinds.later import Later

if TYPE_CHECKING:
    import numpy as np
else:
    np = Later("numpy")


Subject = Literal["model", "server", "image"]
"""What is looked at: a process that holds the model, the server itself, or the files of an image."""


class Served(NamedTuple):
    """What one process was seen to do: seconds of its start, of requests of one row and of batches; bytes.

    What was not looked at is None.
    """

    cold_start: float
    requests: Sequence[float]
    batches: Sequence[float]
    batch: int
    """Rows of a batch."""
    peak: int | None
    """Most memory it had."""
    size: int
    """Of the files that it serves."""
    server_start: float | None = None
    """Seconds of CPU that `mlops serve` took until its first answer."""
    server_memory: int | None = None
    """Bytes that it has in memory then."""
    image: int | None = None
    """Bytes of an unpacked image."""


@dataclass(frozen=True)
class ServingCost(Called, RuleKind):
    """A quantity of `reports/serving.json`; called with what was `Served`, it sums up one process, or gives None."""

    section = "serving"
    lacks = ("by", "under", "over_dummy", "over_simple")
    lacking = "`{key}` says nothing of {name}, which is measured of the model as a whole"
    instead = "write `at_most`, `at_least` or `over_champion`"
    finding = "serving-rule"
    label: str = field(kw_only=True)
    unit: str = field(kw_only=True)
    of: Subject = field(kw_only=True, default="model")
    """What is looked at for it; server and image only where a rule names what they cost."""


cost = partial(declared, ServingCost, "measure")
"""Declare the function below as a quantity of its name, with its label on the page and its unit."""


@cost(label="Median latency", unit="s")
def latency_p50(seen: Served) -> float:
    """Median seconds of a request of one row."""
    return float(np.quantile(seen.requests, 0.5))


@cost(label="99th percentile of latency", unit="s")
def latency_p99(seen: Served) -> float:
    """Seconds that 99 of 100 requests of one row need at most."""
    return float(np.quantile(seen.requests, 0.99))


@cost(label="Throughput", unit="rows/s", higher_is_better=True)
def throughput(seen: Served) -> float:
    """Rows a second in batches."""
    return seen.batch / float(np.median(seen.batches))


@cost(label="Cold start", unit="s")
def cold_start(seen: Served) -> float:
    """Seconds from the start of a process to its first answer."""
    return seen.cold_start


@cost(label="Memory", unit="MiB")
def memory(seen: Served) -> float | None:
    """Most memory that a process has, in MiB."""
    return None if seen.peak is None else seen.peak / 2**20


@cost(label="Size", unit="MiB")
def size(seen: Served) -> float:
    """MiB of the model and its transform."""
    return seen.size / 2**20


@cost(label="Start of the server", unit="CPU s", of="server")
def server_start(seen: Served) -> float | None:
    """Seconds of CPU from the start of `mlops serve` to its first answer: signature, golden rows and all."""
    return seen.server_start


@cost(label="Memory of the server", unit="MiB", of="server")
def server_memory(seen: Served) -> float | None:
    """MiB that `mlops serve` has in memory with one bundle, after its first answer."""
    return None if seen.server_memory is None else seen.server_memory / 2**20


@cost(label="Image", unit="MiB", of="image")
def image_size(seen: Served) -> float | None:
    """MiB of the unpacked image of server and bundle, laid out of what is installed here."""
    return None if seen.image is None else seen.image / 2**20
