"""How often a slower model is found: a latency 20 % and 2 % above the champion's, against a rule that allows 10 %.

Some runs are timed by real clocks, and their spread is that of many simulated ones. A fifth must be found in at least
95 % of runs, a fiftieth may fail in at most 5 %; how often either passes is for information.

    python benchmarks/serving_cost.py [--real N] [--simulated N] [--smoke | --write]
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks import command
from benchmarks.result import Row
from tests.builders.workloads import Repetitions, judged, simulated, timed

LIBRARIES = ("numpy", "scipy")
RATIOS = {1.2: "a fifth slower", 1.02: "a fiftieth slower"}


def main() -> int:
    parser = command.parser(__doc__)
    parser.add_argument("--real", type=int, default=20, help="runs by real clocks, of each ratio")
    parser.add_argument("--simulated", type=int, default=2000, help="simulated runs, of each ratio and spread")
    arguments = parser.parse_args()
    measuring = command.begin(__file__, LIBRARIES, arguments)
    real, runs_each = (1, 10) if arguments.smoke else (arguments.real, arguments.simulated)
    started, rows = time.perf_counter(), []
    taken = {ratio: [timed(ratio, "real") for _ in range(real)] for ratio in RATIOS}
    for ratio, runs in taken.items():
        rows.append(_line(ratio, "real clocks", [judged(run) for run in runs]))
    spread = float(np.median([_spread(run) for runs in taken.values() for run in runs]))
    print(f"median spread of the log-ratios of repetitions: {spread:.4f}")
    for times in (1, 3):
        random = np.random.default_rng(7)
        for ratio in RATIOS:
            said = [judged(simulated(ratio, times * spread, random)) for _ in range(runs_each)]
            rows.append(
                _line(ratio, f"simulated, spread {times * spread:.4f}", said, f"simulated, {times} x the spread")
            )
    print(f"{time.perf_counter() - started:.0f} s", flush=True)
    return measuring.end(rows)


def _spread(run: Repetitions) -> float:
    ours, theirs = (np.log(run[model]["latency_p50"]) for model in ("candidate", "champion"))
    return float((ours - theirs).std(ddof=1))


def _line(ratio: float, how: str, said: list[str], named: str = "") -> Row:
    rates = {verdict: count / len(said) for verdict, count in Counter(said).items()}
    fails = rates.get("fail", 0.0)
    kept = fails >= 0.95 if ratio > 1.1 else fails <= 0.05
    bound = "at least 95 %" if ratio > 1.1 else "at most 5 %"
    passes = rates.get("pass", 0.0)
    print(
        f"{'ok  ' if kept else 'MISS'}  fails {fails:6.1%} ({bound})  passes {passes:6.1%}  "
        f"{len(said):>5} runs  {RATIOS[ratio]}, {how}",
        flush=True,
    )
    name = f"how often it fails, {RATIOS[ratio]}, {named or how}"
    return Row(name=name, ours=fails, unit="share of runs", n=len(said), bound=bound, holds=kept)


if __name__ == "__main__":
    sys.exit(main())
