"""Checking a Parquet file of 10 million rows x 10 columns: our validate stage's checks, bare Polars, pandera on pandas.

Checks that a table usually has: types, ranges, sets, a pattern, lengths, null budgets, a unique key, dates in order, a
row count. Each contestant is a fresh process that reads the file, answers and ends. They take turns in every order, for
who comes after a large process pays for memory that the machine took back. CPU and wall time count from after the
imports. Ours reads, types and checks the snapshot as the stage does, with counts for the report; leakage, profiles and
label noise, which the others do not have, are not timed.

    python benchmarks/validate.py [millions of rows] [turns] [--smoke | --write]
"""

from __future__ import annotations

import json
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
LIBRARIES = ("numpy", "pandas", "pandera", "polars", "pyarrow")
CONTESTANTS = ("ours", "polars", "pandera")
BOUNDS = {"polars": 1.6, "pandera": 0.5}
UNITS = {"cpu": "s", "wall": "s", "memory": "MB"}
CITIES = ["Athens", "Berlin", "Lisbon", "London", "Madrid", "Oslo", "Paris", "Rome"]
CODE = "[A-Z]{2}[0-9]{2}"
COLUMNS: dict[str, dict[str, Any]] = {
    "id": {"type": "int", "unique": True, "nulls": 0},
    "age": {"type": "int", "between": [0, 120], "nulls": 0},
    "visits": {"type": "int", "between": [0, None], "nulls": 0},
    "income": {"type": "float", "between": [0, None], "nulls": 0.1},
    "score": {"type": "float", "between": [0, 1], "nulls": 0},
    "city": {"type": "category", "in": CITIES, "nulls": 0},
    "code": {"type": "string", "matches": CODE, "length": [4, 4], "nulls": 0},
    "member": {"type": "bool", "nulls": 0},
    "start": {"type": "date", "between": ["2020-01-01", "2030-12-31"], "nulls": 0},
    "end": {"type": "date", "nulls": 0},
}
PAIR = {"left": "start", "is": "at_most", "right": "end"}

if TYPE_CHECKING:
    from benchmarks.command import Taken


def make(path: Path, rows: int) -> None:
    """Write the rows, a million at a time, from a fixed seed."""
    import numpy as np
    import polars as pl
    import pyarrow.parquet as pq

    draw, writer = np.random.default_rng(0), None
    codes = np.array(
        [f"{chr(65 + a)}{chr(65 + b)}{n:02d}" for a in range(26) for b in range(26) for n in range(0, 100, 9)]
    )
    for first in range(0, rows, 1_000_000):
        size = min(1_000_000, rows - first)
        income = np.where(draw.random(size) < 0.05, np.nan, draw.lognormal(10, 0.5, size))
        start = draw.integers(18_300, 21_000, size)
        frame = pl.DataFrame(
            {
                "__row__": np.arange(first, first + size),
                "id": np.arange(first, first + size) * 7919 % (rows * 8),
                "age": draw.integers(0, 100, size),
                "visits": draw.poisson(3, size),
                "income": pl.Series(income).fill_nan(None),
                "score": draw.random(size),
                "city": np.array(CITIES)[draw.integers(0, len(CITIES), size)],
                "code": codes[draw.integers(0, len(codes), size)],
                "member": draw.random(size) < 0.3,
                "start": pl.Series(start, dtype=pl.Int32).cast(pl.Date),
                "end": pl.Series(start + draw.integers(0, 400, size), dtype=pl.Int32).cast(pl.Date),
            }
        ).to_arrow()
        writer = writer or pq.ParquetWriter(path, frame.schema, compression="zstd")
        writer.write_table(frame, row_group_size=131_072)
    if writer is not None:
        writer.close()


def run_ours(path: Path, rows: int) -> Any:
    from mlops.ml.data import parquet
    from mlops.ml.data.contract import Contract
    from mlops.stages.snapshot import Snapshot

    declared = {name: {**rule, "nulls": {"at_most": rule["nulls"]}} for name, rule in COLUMNS.items()}
    columns = {"columns": declared, "pairs": [PAIR], "rows": {"at_least": rows}}
    params = Contract.model_validate({"task": "binary", "target": "member", **columns})

    def check() -> bool:
        table = Snapshot(parquet.read(path), params)
        table.hold()
        return all(found.passed for found in table.checks)

    return check


def polars_checks(rows: int) -> list[Any]:
    """Say in bare Polars what must hold."""
    from datetime import date

    import polars as pl

    col = pl.col
    return [
        pl.len() >= rows,
        *(col(name).null_count() == 0 for name, rule in COLUMNS.items() if rule["nulls"] == 0),
        col("income").null_count() <= 0.1 * pl.len(),
        col("id").n_unique() == pl.len(),
        col("age").is_between(0, 120).all(),
        (col("visits") >= 0).all(),
        (col("income") >= 0).all(),
        col("score").is_between(0, 1).all(),
        col("city").is_in(CITIES).all(),
        col("code").str.contains(f"^(?:{CODE})$").all(),
        (col("code").str.len_chars() == 4).all(),
        col("start").is_between(date(2020, 1, 1), date(2030, 12, 31)).all(),
        (col("start") <= col("end")).all(),
    ]


def run_polars(path: Path, rows: int) -> Any:
    import polars as pl

    asked = polars_checks(rows)
    types = {
        "int": pl.Int64,
        "float": pl.Float64,
        "category": pl.String,
        "string": pl.String,
        "bool": pl.Boolean,
        "date": pl.Date,
    }

    def check() -> bool:
        lazy = pl.scan_parquet(path)
        schema = lazy.collect_schema()
        typed = all(schema[name] == types[rule["type"]] for name, rule in COLUMNS.items())
        answers = lazy.select(one.alias(str(place)) for place, one in enumerate(asked)).collect().row(0)
        return typed and all(answers)

    return check


def run_pandera(path: Path, rows: int) -> Any:
    import pandas as pd
    import pandera.pandas as pa

    dates = {"start", "end"}
    kinds = {"int": "int64", "float": "float64", "bool": "bool", "category": "str", "string": "str"}
    checks: dict[str, list[Any]] = {
        "age": [pa.Check.in_range(0, 120)],
        "visits": [pa.Check.ge(0)],
        "income": [pa.Check.ge(0), pa.Check(lambda column: column.isna().mean() <= 0.1, ignore_na=False)],
        "score": [pa.Check.in_range(0, 1)],
        "city": [pa.Check.isin(CITIES)],
        "code": [pa.Check.str_matches(f"^(?:{CODE})$"), pa.Check.str_length(4, 4)],
        "start": [pa.Check.in_range(pd.Timestamp(2020, 1, 1), pd.Timestamp(2030, 12, 31))],
    }
    schema = pa.DataFrameSchema(
        {
            name: pa.Column(
                "datetime64[ns]" if name in dates else kinds[rule["type"]],
                checks.get(name, []),
                nullable=rule["nulls"] != 0,
                unique=bool(rule.get("unique")),
            )
            for name, rule in COLUMNS.items()
        },
        checks=[pa.Check(lambda frame: len(frame) >= rows), pa.Check(lambda frame: frame["start"] <= frame["end"])],
    )

    def check() -> bool:
        frame = pd.read_parquet(path)
        for name in dates:
            frame[name] = frame[name].astype("datetime64[ns]")
        schema.validate(frame, lazy=True)
        return True

    return check


def contestant(name: str, path: Path, rows: int) -> None:
    """Run one contestant in this process and print what it took."""
    check = {"ours": run_ours, "polars": run_polars, "pandera": run_pandera}[name](path, rows)
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    passed = check()
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"passed": passed, "cpu": cpu, "wall": wall, "memory": after.ru_maxrss / 1024}))


def main() -> int:
    """Let the contestants take turns, print medians, and say whether the bounds hold."""
    from benchmarks import command  # here, for a contestant's memory is measured

    asked = command.sized(__doc__, turns=6).parse_args()
    measuring = command.begin(__file__, LIBRARIES, asked)
    rows, turns = (1_000, 1) if asked.smoke else (int(asked.millions * 1_000_000), asked.turns)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "rows.parquet"
        make(source, rows)
        print(f"{rows:,} rows x {len(COLUMNS)} columns, {source.stat().st_size / 2**20:,.0f} MiB of Parquet")
        taken = command.take_turns(__file__, CONTESTANTS, source, rows, turns)
    if refusing := [name for name, found in taken.items() if not all(turn["passed"] for turn in found)]:
        print(f"{refusing[0]} refuses a table that is right")
        return 1
    medians = {
        name: {key: statistics.median(turn[key] for turn in found) for key in UNITS} for name, found in taken.items()
    }
    print(f"\n{'':10}{'CPU s':>8}{'wall s':>8}{'peak MB':>9}")
    for name, median in medians.items():
        print(f"{name:10}{median['cpu']:8.2f}{median['wall']:8.2f}{median['memory']:9,.0f}")
    for other, bound in BOUNDS.items():
        ratio = medians["ours"]["cpu"] / medians[other]["cpu"]
        print(f"CPU of ours / {other}: {ratio:.2f} (at most {bound:g}){'' if ratio <= bound else '  EXCEEDED'}")
    return measuring.end([compared(taken, other, key) for other in BOUNDS for key in UNITS])


def compared(taken: Taken, other: str, key: str) -> Any:
    """Make a row of a result."""
    from benchmarks.result import Row, spread

    mine, theirs = ([turn[key] for turn in taken[name]] for name in ("ours", other))
    ours, peer = statistics.median(mine), statistics.median(theirs)
    bounded = {"bound": f"at most {BOUNDS[other]:g}", "holds": ours / peer <= BOUNDS[other]} if key == "cpu" else {}
    what = {"cpu": "CPU time", "wall": "time by the clock", "memory": "peak memory"}[key]
    figures = {"ours": ours, "peer": peer, "ratio": ours / peer, "n": len(mine), "spread": spread(mine)}
    return Row(name=f"{what}, beside {other}", unit=UNITS[key], **figures, **bounded)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--contestant"]:
        contestant(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
    else:
        sys.exit(main())
