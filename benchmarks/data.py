"""From 10 million rows x 10 columns of Parquet to arrays: our stages ingest to features against bare Polars.

By hand the same is read, held to the same checks, divided 60/20/20 by a seeded draw, filled with medians, scaled,
one-hot encoded, and the same files are written: snapshot, checked table, three parts, float32 arrays. Each contestant
is a fresh process; they take turns. What ours searches besides (leaks, copies and keys in two parts, wrong labels,
identifiers, distinct values, profiles, and the sample for it), which by hand nobody does, is timed apart and has a
bound of its own. CPU time counts from after the imports.

    python benchmarks/data.py [millions of rows] [turns] [--smoke | --write]
"""

from __future__ import annotations

import json
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
LIBRARIES = ("numpy", "polars", "pyarrow")
BOUND, SEARCHES, GIGABYTES = 1.3, 1.0, 4
KEYS = ["code", "end", "id", "start"]
NUMBERS = ["age", "visits", "income", "score"]

if TYPE_CHECKING:
    from benchmarks.command import Taken


def ours(source: Path, folder: Path, rows: int) -> Callable[[], float]:
    """Make the run of our stages; it gives the CPU seconds of the searches."""
    import sklearn.ensemble  # noqa: F401  the searches import it where they use it, which is no part of their work

    from benchmarks.validate import COLUMNS, PAIR
    from mlops.ml.data import columns, duplicates, profile, sample
    from mlops.stages import features, ingest, snapshot, split, validate
    from mlops.stages.context import StageContext

    place = folder / "pipelines/rows"
    place.mkdir(parents=True)
    (place / "rows.parquet").hardlink_to(source)
    declared = {name: {**rule, "nulls": {"at_most": rule["nulls"]}} for name, rule in COLUMNS.items()}
    checks = {"columns": declared, "pairs": [PAIR], "rows": {"at_least": rows}, "keys": KEYS}
    sections: dict[Any, dict[str, Any]] = {
        ingest: {"source": {"kind": "parquet", "path": "rows.parquet"}},
        validate: {"task": "binary", "target": "member", **checks},
        split: {"by": "random", "seed": 0, "fractions": {}, "target": "member", "task": "binary"},
        features: {"kind": "tabular", "task": "binary", "target": "member"},
    }
    spent = Spent()
    spent.watch(sample, "draw")
    spent.watch(snapshot.leak_search, "search")
    spent.watch(snapshot.label_noise, "estimate")
    spent.watch(profile, "profiles")
    spent.watch(columns, "distincts")
    spent.watch(columns, "identifiers")
    spent.watch(duplicates, "exact")
    spent.watch(duplicates, "near")
    spent.watch(duplicates, "things")

    def run() -> float:
        for stage, section in sections.items():
            stage.run(StageContext(place, "rows", stage.__name__.rpartition(".")[2], section))
        return spent.seconds

    return run


class Spent:
    """The CPU seconds of some functions."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def watch(self, module: Any, name: str) -> None:
        """Count what a function of a module takes."""
        function = getattr(module, name)

        def timed(*given: Any, **named: Any) -> Any:
            begun = cpu()
            found = function(*given, **named)
            self.seconds += cpu() - begun
            return found

        setattr(module, name, timed)


def by_hand(source: Path, folder: Path, rows: int) -> Callable[[], float]:
    """Make the run of bare Polars."""
    import numpy as np
    import polars as pl

    from benchmarks.validate import polars_checks

    def run() -> float:
        pl.scan_parquet(source).with_row_index("__row__").sink_parquet(folder / "raw.parquet")
        frame = pl.read_parquet(folder / "raw.parquet")
        if not all(frame.select(one.alias(str(place)) for place, one in enumerate(polars_checks(rows))).row(0)):
            raise SystemExit("by hand a table is refused that is right")
        frame.write_parquet(folder / "valid.parquet")
        draw = pl.Series(np.random.default_rng(0).random(frame.height))
        parts = [frame.filter(draw < 0.6), frame.filter((draw >= 0.6) & (draw < 0.8)), frame.filter(draw >= 0.8)]
        for name, part in zip(("train", "validation", "test"), parts, strict=True):
            part.write_parquet(folder / f"{name}.parquet")
        train = parts[0]
        filled = [pl.col(name).fill_null(train[name].median()) for name in NUMBERS]
        known = train.select(filled)
        scaled = [(one - known[name].mean()) / known[name].std() for name, one in zip(NUMBERS, filled, strict=True)]
        levels = [(pl.col("city") == level).alias(f"city {level}") for level in sorted(train["city"].unique())]
        wanted = [*scaled, pl.col("income").is_null().alias("income is null"), *levels]
        for name, part in zip(("train", "validation"), parts, strict=False):
            x = part.select(one.cast(pl.Float32) for one in wanted).to_numpy(order="c")
            np.save(folder / f"{name}_x.npy", x)
            np.save(folder / f"{name}_y.npy", part["member"].to_numpy().astype(np.int64))
        return 0.0

    return run


CONTESTANTS = {"ours": ours, "by hand": by_hand}


def cpu() -> float:
    """Give the CPU seconds that this process took so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def contestant(name: str, source: Path, rows: int) -> None:
    """Run one contestant in this process and print what it took."""
    with tempfile.TemporaryDirectory(dir=source.parent) as folder:
        run = CONTESTANTS[name](source, Path(folder), rows)
        before, started = cpu(), time.perf_counter()
        searched = run()
        wall, whole = time.perf_counter() - started, cpu() - before
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(json.dumps({"cpu": whole - searched, "searches": searched, "wall": wall, "memory": memory}))


def main() -> int:
    """Let the contestants take turns, print medians, and say whether the bounds hold."""
    from benchmarks import command  # here, for a contestant's memory is measured

    asked = command.sized(__doc__, turns=3).parse_args()
    measuring = command.begin(__file__, LIBRARIES, asked)
    rows, turns = (2_000, 1) if asked.smoke else (int(asked.millions * 1_000_000), asked.turns)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "rows.parquet"
        make(source, rows)
        print(f"{rows:,} rows x 10 columns, {source.stat().st_size / 2**20:,.0f} MiB of Parquet")
        taken = command.take_turns(__file__, tuple(CONTESTANTS), source, rows, turns)
    print(f"\n{'':10}{'CPU s':>8}{'searches':>10}{'wall s':>8}{'peak GB':>9}")
    for name, turns in taken.items():
        figures = {key: statistics.median(turn[key] for turn in turns) for key in turns[0]}
        print(
            f"{name:10}{figures['cpu']:8.1f}{figures['searches']:10.1f}{figures['wall']:8.1f}{figures['memory']:9.2f}"
        )
    found = [
        beside(taken, "cpu", "CPU time without searches", BOUND),
        beside(taken, "searches", "CPU time of searches, beside all by hand", SEARCHES),
        beside(taken, "wall", "time by the clock", None),
        memory(taken),
    ]
    for row in (row for row in found if row.bound is not None):
        print(f"{row.name}: {row.ratio or row.ours:.2f} ({row.bound}){'' if row.holds else '  EXCEEDED'}")
    return measuring.end(found)


def beside(taken: Taken, key: str, name: str, bound: float | None) -> Any:
    """Make a row of a result that has a peer."""
    from benchmarks.result import Row, spread

    mine = [turn[key] for turn in taken["ours"]]
    one = statistics.median(mine)
    other = statistics.median(turn["wall" if key == "wall" else "cpu"] for turn in taken["by hand"])
    held = {} if bound is None else {"bound": f"at most {bound:g}", "holds": one / other <= bound}
    figures = {"ours": one, "peer": other, "ratio": one / other, "n": len(mine), "spread": spread(mine)}
    return Row(name=name, unit="s", **figures, **held)


def memory(taken: Taken) -> Any:
    """Make the row of a result that is about peak memory."""
    from benchmarks.result import Row, spread

    mine = [turn["memory"] for turn in taken["ours"]]
    most = max(mine)
    held = {"bound": f"at most {GIGABYTES} GB", "holds": most <= GIGABYTES}
    return Row(name="peak memory", unit="GB", ours=most, n=len(mine), spread=spread(mine), **held)


def make(source: Path, rows: int) -> None:
    """Write the rows as somebody brings them, without our numbers."""
    import polars as pl

    from benchmarks import validate

    numbered = source.with_name("numbered.parquet")
    validate.make(numbered, rows)
    pl.scan_parquet(numbered).drop("__row__").sink_parquet(source, row_group_size=131_072)
    numbered.unlink()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--contestant"]:
        contestant(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
    else:
        sys.exit(main())
