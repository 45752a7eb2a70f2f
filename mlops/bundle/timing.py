"""A process of its own that loads one model and tells on standard output how long its answers take.

`python -m mlops.bundle.timing BUNDLE ROWS` says `{"ready": true}` after its first answer; then each line of
standard input `{"requests": n}` or `{"batches": n}` is answered by seconds, one for each.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from itertools import cycle, islice
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol, TextIO

if TYPE_CHECKING:
    from mlops.bundle.table import Row


class Scorer(Protocol):
    """What answers requests; `mlops.bundle.predictor.Predictor` is one."""

    def predict_rows(self, rows: Sequence[Row]) -> Any:
        """Score rows."""
        ...


def answer(scorer: Scorer, rows: Sequence[Row], batch: int, asked: Iterable[str], out: TextIO) -> None:
    """Answer until nothing more is asked; the first answer of all belongs to the cold start."""
    whole = list(islice(cycle(rows), batch))
    scorer.predict_rows(rows[:1])
    _say(out, ready=True)
    for line in asked:
        wanted = json.loads(line)
        times = [_timed(scorer, [row]) for row in islice(cycle(rows), wanted.get("requests", 0))]
        times += [_timed(scorer, whole) for _ in range(wanted.get("batches", 0))]
        _say(out, seconds=times, peak_bytes=peak())


def peak() -> int | None:
    """Read the most memory this process ever held, in bytes; None where the system does not say.

    `ru_maxrss` would not do: Linux carries it over from the process that started this one.
    """
    status = Path("/proc/self/status")
    if not status.is_file():
        return None
    lines = status.read_text(encoding="ascii", errors="replace").splitlines()
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), None)


def _timed(scorer: Scorer, rows: Sequence[Row]) -> float:
    started = perf_counter()
    scorer.predict_rows(rows)
    return perf_counter() - started


def _say(out: TextIO, **value: Any) -> None:
    out.write(json.dumps(value) + "\n")
    out.flush()


def main(bundle: str, rows: str) -> None:
    """Load a bundle as the server does, and answer."""
    from mlops.bundle.predictor import Predictor

    document = json.loads(Path(rows).read_bytes())
    predictor = Predictor.open(Path(bundle))
    answer(predictor, document["rows"], document["batch"], sys.stdin, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
