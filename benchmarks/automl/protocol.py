"""What every contestant shares: how it is asked, and how its answers are timed. It needs the standard library alone."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

ROWS = 100


class Asked(NamedTuple):
    """What is learnt, in which file's column, for how many seconds, from which seed; of which kinds, if not of all."""

    target: str
    task: str
    seconds: float
    seed: int
    kinds: tuple[str, ...] = ()


def run(fit: Callable[[Path, Asked], None], ask: Callable[[Path, Asked], tuple[Callable[[Any], Any], Any]]) -> None:
    """Do what the command line says, and write fitted.json or told.json.

    `fit` leaves what it learnt in FOLDER/left. `ask` loads it and gives a function of rows, and all rows of
    FOLDER/test.csv as that takes them; what the function gives for all of them is written by `ask`'s own `write`.
    """
    what, folder = sys.argv[1], Path(sys.argv[2])
    asked = Asked(**json.loads((folder / "asked.json").read_text()))
    begun = time.perf_counter()
    if what == "fit":
        fit(folder, asked)
        _write(folder / "fitted.json", {"seconds": time.perf_counter() - begun})
        return
    answer, rows = ask(folder, asked)
    loaded = time.perf_counter() - begun
    answer(rows[:1])
    taken = []
    for at in range(min(ROWS, len(rows))):
        begun = time.perf_counter()
        answer(rows[at : at + 1])
        taken.append(time.perf_counter() - begun)
    answer(rows).to_csv(folder / "answers.csv", index=False)
    _write(folder / "told.json", {"load": loaded, "row": statistics.median(taken)})


def _write(path: Path, value: dict[str, float]) -> None:
    path.write_text(json.dumps(value))
