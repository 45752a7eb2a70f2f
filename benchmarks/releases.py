"""Requests through releases and rollbacks on one machine: two servers in turn behind HAProxy, `mlops serve --switch`.

Eight clients ask on connections that stay open, a row each, while one bundle after the other takes over. Counted is
what failed, and what was answered by a bundle that nobody named at any moment between request and answer, two seconds
before included. A switch is timed from the start of the next server to the end of the one before, under that load.

    python benchmarks/releases.py [thousands of requests] [--switches N] [--smoke | --write]
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks import command
from benchmarks.result import Row, spread
from tests.builders.asked import SLACK, Clients, asking
from tests.builders.behind import MISSING, WHY, Behind, behind, named

LIBRARIES = ("httptools", "onnxruntime", "uvicorn", "uvloop")
CLIENTS = 8


def switched(made: Behind, clients: Clients, switches: int, requests: int) -> list[float]:
    """Switch to and fro while clients ask, a share of the requests before each; give the seconds that each took."""
    took = []
    for number in range(1, switches + 1):
        clients.until(number * requests // (switches + 1))
        begun = time.perf_counter()
        made.switch_named(clients, number, breath=0.0)
        took.append(time.perf_counter() - begun)
        print(f"switch {number:3}  {took[-1]:5.2f} s  {clients.answered:9,} answered", flush=True)
    return took


def main() -> int:
    """Measure, and print what was found."""
    parser = command.parser(__doc__)
    parser.add_argument("thousands", type=int, nargs="?", default=1_000, help="thousands of requests")
    parser.add_argument("--switches", type=int, default=20, help="releases and rollbacks")
    asked = parser.parse_args()
    if MISSING:
        raise SystemExit(WHY)
    measuring = command.begin(__file__, LIBRARIES, asked)
    requests, switches = (2_000, 2) if asked.smoke else (asked.thousands * 1_000, asked.switches)
    with tempfile.TemporaryDirectory() as folder, behind(Path(folder)) as made:
        made.switch(0)
        begun = time.perf_counter()
        with asking(made.address, made.bundles, named(made), CLIENTS) as clients:
            took = switched(made, clients, switches, requests)
            clients.finish(requests)
        seconds = time.perf_counter() - begun
    for line in clients.failed:
        print(line, file=sys.stderr)
    counted = clients.answered
    late = f"the most seconds that a bundle answered after another was named, of {switches} releases and rollbacks"
    rows = [
        Row(
            name=f"requests that failed, of {counted:,} through {switches} releases and rollbacks",
            ours=len(clients.failed),
            unit="requests",
            n=counted,
            bound="none",
            holds=not clients.failed,
        ),
        Row(
            name=late,
            ours=clients.latest,
            unit="s",
            n=counted,
            bound=f"at most {SLACK:g}",
            holds=clients.latest <= SLACK,
        ),
        Row(name="a release, under load", ours=statistics.median(took), unit="s", n=switches, spread=spread(took)),
        Row(name="requests a second meanwhile", ours=counted / seconds, unit="requests/s", n=counted),
    ]
    for row in rows:
        print(f"{row.name:90} {row.ours:10.4g} {row.unit}")
    return measuring.end(rows, wrong=bool(clients.failed))


if __name__ == "__main__":
    sys.exit(main())
