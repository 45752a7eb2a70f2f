"""Eight tables that nobody tuned for: `mlops new --auto` against FLAML and AutoGluon, each for as long.

Each has an environment of its own below .tools/learning, and the machine to itself. A loss is the log loss, or the root
of the mean squared error, as a share of that of a constant answer, on rows that only judge. What ended is kept below
.tools/learning/runs: a benchmark that was stopped goes on from there. Exits 1 where the 95 % bootstrap interval, over
tables, of the mean of our losses less FLAML's lies above 0. `--smoke` asks us alone, on one table for some seconds.

    python benchmarks/learning.py [--seconds 120] [--seeds 2] [--tables oj,wage] [--smoke | --write]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import command
from benchmarks.automl.environments import CONTESTANTS, OURS, PLACE, environment, tables_folder
from benchmarks.automl.judging import interval, normalised, ranks
from benchmarks.automl.tables import TABLES, Table
from benchmarks.result import ROOT, Row, spread

LIBRARIES = ("catboost", "lightgbm", "onnxruntime", "optuna", "polars", "scikit-learn", "torch", "xgboost-cpu")
SECONDS, SEEDS, MOST = 120.0, 2, 20_000
FEWEST_SECONDS, FEWEST_ROWS, SMALLEST = 1.0, 400, "rand_hie"
QUICKEST = ("linear",)
PEER = "flaml"


@dataclass(frozen=True)
class Run:
    """One contestant on one table from one seed: its loss, seconds of learning, and what it leaves behind."""

    table: str
    seed: int
    contestant: str
    loss: float
    fit: float
    megabytes: float
    load: float
    row: float


def made(table: Table, seed: int, contestant: str, seconds: float, most: int = MOST, kinds: Sequence[str] = ()) -> Run:
    """Let a contestant learn and answer, in two processes."""
    train, test = table.parts(tables_folder(smoke=bool(kinds)), seed, most)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        train.write_csv(folder / "train.csv")
        test.drop(table.target).write_csv(folder / "test.csv")
        asked = {"target": table.target, "task": table.task, "seconds": seconds, "seed": seed, "kinds": kinds}
        (folder / "asked.json").write_text(json.dumps(asked))
        fitted, told = (_asked(contestant, what, folder) for what in ("fit", "ask"))
        text = {} if table.task == "regression" else {table.target: pl.String}
        target, judged = (part[table.target].cast(pl.String if text else pl.Float64) for part in (train, test))
        loss = normalised(target, judged, pl.read_csv(folder / "answers.csv"))
        size = sum(path.stat().st_size for path in (folder / "left").rglob("*") if path.is_file()) / 1e6
    return Run(table.name, seed, contestant, loss, fitted["seconds"], size, told["load"], told["row"])


def _asked(contestant: str, what: str, folder: Path) -> dict[str, Any]:
    typed = [environment(contestant), str(ROOT / f"benchmarks/automl/{contestant}_contestant.py"), what, str(folder)]
    with (folder / f"{what}.log").open("w") as log:
        done = subprocess.run(typed, cwd=folder, stdout=log, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        raise SystemExit(f"{contestant} ended with {done.returncode}:\n{(folder / f'{what}.log').read_text()[-3000:]}")
    found: dict[str, Any] = json.loads((folder / ("fitted.json" if what == "fit" else "told.json")).read_text())
    return found


def kept(table: Table, seed: int, contestant: str, seconds: float) -> Run:
    """Give a run that ended before, or make it."""
    place = PLACE / f"runs/{seconds:g}s-{table.name}-{seed}-{contestant}.json"
    if not place.is_file():
        run = made(table, seed, contestant, seconds)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.with_suffix(".part").write_text(json.dumps(vars(run)))
        place.with_suffix(".part").rename(place)
    return Run(**json.loads(place.read_text()))


def rows(runs: Sequence[Run]) -> Iterator[Row]:
    """Lay out the losses by table, what decides, and what each leaves behind."""
    names = sorted({run.contestant for run in runs})
    seeds = len({run.seed for run in runs})
    losses = {
        table: {name: statistics.fmean(_of(runs, "loss", table=table, contestant=name)) for name in names}
        for table in dict.fromkeys(run.table for run in runs)
    }
    less = [found[OURS] - found[PEER] for found in losses.values()]
    low, high = interval(less)
    yield Row(
        name=f"mean loss less {PEER}'s, 95 % from {low:+.4f} to {high:+.4f}",
        ours=statistics.fmean(less),
        unit="share of a constant's loss",
        n=len(less) * seeds,
        bound="an interval that does not lie above 0",
        holds=low <= 0,
    )
    for table, found in losses.items():
        ours = _of(runs, "loss", table=table, contestant=OURS)
        for name in (each for each in names if each != OURS):
            yield _row(f"loss, {table}, {name}", found[OURS], found[name], "share", seeds, spread(ours))
    ranked = [ranks(found) for found in losses.values()]
    for other in (name for name in names if name != OURS):
        mean = [statistics.fmean(found[name] for found in ranked) for name in (OURS, other)]
        yield _row(f"rank among all, {other}", *mean, "mean", len(ranked), None)
        for what, (called, unit) in _LEFT.items():
            middle = [statistics.median(_of(runs, what, contestant=name)) for name in (OURS, other)]
            yield _row(f"{called}, {other}", *middle, unit, len(runs) // len(names), None)


_LEFT = {
    "fit": ("time of learning", "s"),
    "megabytes": ("size of what is left", "MB"),
    "load": ("time to load it", "s"),
    "row": ("time of one row", "s"),
}


def _row(name: str, ours: float, peer: float, unit: str, n: int, varied: float | None) -> Row:
    return Row(name=name, ours=ours, peer=peer, ratio=ours / peer, unit=unit, n=n, spread=varied)


def _of(runs: Sequence[Run], what: str, **named: str) -> list[float]:
    return [getattr(run, what) for run in runs if all(getattr(run, key) == value for key, value in named.items())]


def parser() -> argparse.ArgumentParser:
    made = command.parser(__doc__)
    made.add_argument("--seconds", type=float, default=SECONDS)
    made.add_argument("--seeds", type=int, default=SEEDS)
    made.add_argument("--tables", default=",".join(table.name for table in TABLES))
    made.add_argument("--contestants", default=",".join(CONTESTANTS))
    return made


def main() -> int:
    asked = parser().parse_args()
    measuring = command.begin(__file__, LIBRARIES, asked)
    if asked.smoke:
        table = next(each for each in TABLES if each.name == SMALLEST)
        run = made(table, 0, OURS, FEWEST_SECONDS, FEWEST_ROWS, QUICKEST)
        print(f"{run.table}: loss {run.loss:.3f} of a constant's, {run.fit:.1f} s, {run.megabytes:.2f} MB")
        said = Row(name="loss", ours=run.loss, unit="share", n=1)
        return measuring.end([said], wrong=not 0 < run.loss < 1)
    names = asked.tables.split(",")
    runs = []
    for table in (each for each in TABLES if each.name in names):
        for seed in range(asked.seeds):
            for contestant in asked.contestants.split(","):
                run = kept(table, seed, contestant, asked.seconds)
                runs.append(run)
                print(f"{run.table} {seed} {contestant}: loss {run.loss:.4f}, {run.fit:.0f} s", flush=True)
    found = list(rows(runs))
    for row in found:
        peer = "" if row.peer is None else f" against {row.peer:.4g}"
        print(f"{row.name}: {row.ours:.4g}{peer} {row.unit}")
    return measuring.end(found)


if __name__ == "__main__":
    sys.exit(main())
