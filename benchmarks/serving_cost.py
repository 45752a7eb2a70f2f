"""How often a slower model is found: a latency 20 % and 2 % above the champion's, against a rule that allows 10 %.

Some runs are timed by real clocks, and their spread is that of many simulated ones. A fifth must be found in at least
95 % of runs, a fiftieth may fail in at most 5 %; how often either passes is for information.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.builders.workloads import Repetitions, judged, simulated, timed

RATIOS = {1.2: "a fifth slower", 1.02: "a fiftieth slower"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--real", type=int, default=20, help="runs by real clocks, of each ratio")
    parser.add_argument("--simulated", type=int, default=2000, help="simulated runs, of each ratio and spread")
    arguments = parser.parse_args()
    started, kept = time.perf_counter(), True
    taken = {ratio: [timed(ratio, "real") for _ in range(arguments.real)] for ratio in RATIOS}
    for ratio, runs in taken.items():
        kept &= _line(ratio, "real clocks", [judged(run) for run in runs])
    spread = float(np.median([_spread(run) for runs in taken.values() for run in runs]))
    print(f"median spread of the log-ratios of repetitions: {spread:.4f}")
    for times in (1, 3):
        random = np.random.default_rng(7)
        for ratio in RATIOS:
            said = [judged(simulated(ratio, times * spread, random)) for _ in range(arguments.simulated)]
            kept &= _line(ratio, f"simulated, spread {times * spread:.4f}", said)
    print(f"{time.perf_counter() - started:.0f} s", flush=True)
    return 0 if kept else 1


def _spread(run: Repetitions) -> float:
    ours, theirs = (np.log(run[model]["latency_p50"]) for model in ("candidate", "champion"))
    return float((ours - theirs).std(ddof=1))


def _line(ratio: float, how: str, said: list[str]) -> bool:
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
    return kept


if __name__ == "__main__":
    sys.exit(main())
