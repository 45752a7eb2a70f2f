"""Folds of a small table: parts of equal size, each of which one model has not seen.

Model f of k learns from k - 2 folds, is stopped and tuned on fold f + 1, and has never seen fold f: so every row is
unseen by exactly one model, and chooses for exactly one. Rows and groups are ordered by the same hashes that place them
in a split by fractions, and are then dealt out, so that folds have the sizes that they can have.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from mlops.errors import DataError, IntegrityError
from mlops.ml.data.names import VALUE
from mlops.ml.data.parquet import ROW
from mlops.ml.data.splits import PART, Plan, hashed, mixed, spelled, split_key, strata

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

LEAST = 10
"""Rows of a fold; fewer tell nothing of how models vary."""
FILE = "folds.parquet"
FOLD = "fold"


def assign(frame: pl.DataFrame, plan: Plan, count: int) -> pl.Series:
    """Give each row its fold, from 0; raises DataError for a missing key, or a split in time."""
    if plan.by == "time":
        raise DataError("a split by time has no folds", hint="remove `folds`, or split by group or by class")
    if plan.by == "group":
        return pl.Series(FOLD, _grouped(frame, plan, count), dtype=pl.UInt8)
    codes = strata(frame, plan) if plan.by == "stratified" else np.zeros(frame.height, dtype=np.int64)
    by = pl.DataFrame({"stratum": codes, "mixed": mixed(frame[ROW], plan.seed), ROW: frame[ROW]})
    order = by.select(pl.arg_sort_by(by.columns)).to_series().to_numpy()
    return pl.Series(FOLD, _dealt(order, count), dtype=pl.UInt8)


def _dealt(order: NDArray[Any], count: int) -> NDArray[np.int64]:
    """Deal places out one by one: each stratum, which is a run of them, goes to all folds alike."""
    folds = np.empty(len(order), dtype=np.int64)
    folds[order] = np.arange(len(order)) % count
    return folds


def _grouped(frame: pl.DataFrame, plan: Plan, count: int) -> NDArray[np.int64]:
    """Deal whole groups out in the order of their hashes; a row without one is a group by itself."""
    keys = split_key(frame, plan)
    alone = keys.is_null().to_numpy()
    known = keys.drop_nulls().unique(maintain_order=True)
    names = [spelled(value) for value in known.to_list()]
    names += [f"\x1frow {row}" for row in frame[ROW].filter(keys.is_null()).to_list()]
    order = np.lexsort((np.array(names, dtype=str), hashed(names, plan.seed)))
    folds = _dealt(order, count)
    placed = pl.DataFrame([known.alias(VALUE), pl.Series(PART, folds[: known.len()])])
    joined = keys.alias(VALUE).to_frame().join(placed, on=VALUE, how="left", maintain_order="left")
    codes = joined[PART].fill_null(0).to_numpy(writable=True)
    codes[alone] = folds[known.len() :]
    return codes


def amiss(frame: pl.DataFrame, folds: pl.Series, count: int, target: str, task: str) -> list[str]:
    """Say what stands in the way of learning from folds: too few rows, or a class that one of them lacks."""
    found = []
    if frame.height < LEAST * count:
        found.append(f"{count} folds need {LEAST * count} rows, {LEAST} each: there are {frame.height:,}")
    sizes = [int((folds == fold).sum()) for fold in range(count)]
    found += [f"fold {fold + 1} has no rows" for fold, size in enumerate(sizes) if not size]
    return found + ([] if task == "regression" else _missing_classes(frame[target], folds, count))


def _missing_classes(values: pl.Series, folds: pl.Series, count: int) -> list[str]:
    """Say which classes are not in every fold; one with fewer rows than there are folds cannot be."""
    rows = {label: int((values == label).sum()) for label in values.drop_nulls().unique().sort()}
    few = {label: size for label, size in rows.items() if size < count}
    named = f"of {values.name} has fewer rows"
    return [f"the class {label} {named} ({size:,}) than {count} folds" for label, size in few.items()] + [
        f"the class {label} of {values.name} is missing from fold {fold + 1}"
        for fold in range(count)
        if (folds == fold).any()
        for label in rows
        if label not in few and not ((folds == fold) & (values == label)).any()
    ]


@dataclass(frozen=True, eq=False)
class Folds:
    """The fold [n], from 0 to `count` - 1, of every row [n], in the order of the rows."""

    rows: NDArray[np.int64]
    codes: NDArray[np.int64]
    count: int

    @classmethod
    def read(cls, folder: Path) -> Folds | None:
        """Read what `split` wrote; None where rows were split by fractions.

        Raises:
            IntegrityError: it is damaged, or a row has no fold.
        """
        path = folder / FILE
        if not path.is_file():
            return None
        try:
            frame = pl.read_parquet(path).sort(ROW)
            rows, codes = frame[ROW].to_numpy(), frame[FOLD].cast(pl.Int64).to_numpy()
        except (OSError, pl.exceptions.PolarsError) as error:
            raise IntegrityError(f"{FILE} cannot be read", hint="mlops stage split") from error
        count = int(codes.max(initial=-1)) + 1
        if count < 3 or len(np.unique(codes)) != count or len(np.unique(rows)) != len(rows):
            raise IntegrityError(f"{FILE} does not give every row one fold", hint="mlops stage split")
        return cls(rows, codes, count)

    def of(self, rows: pl.Series) -> NDArray[np.int64]:
        """Look the folds of rows [m] up; raises IntegrityError for a row that has none."""
        wanted = rows.to_numpy()
        places = np.searchsorted(self.rows, wanted).clip(max=max(len(self.rows) - 1, 0))
        if len(wanted) and (not len(self.rows) or (self.rows[places] != wanted).any()):
            raise IntegrityError(f"{FILE} lacks rows of the table", hint="mlops stage split")
        return np.asarray(self.codes[places])

    def unseen(self, members: NDArray[Any], rows: pl.Series) -> NDArray[Any]:
        """Take for each row the answer of the member that has not seen it: [m, count, ...] to [m, ...].

        Raises:
            IntegrityError: the answers are of another number of members than there are folds.
        """
        return self._by(members, self.of(rows))

    def inner(self, members: NDArray[Any], rows: pl.Series) -> NDArray[Any]:
        """Take for each row the answer of the member that was stopped and tuned on it, and did not learn from it."""
        return self._by(members, chosen_on(self.of(rows), self.count))

    def _by(self, members: NDArray[Any], member: NDArray[np.int64]) -> NDArray[Any]:
        found = members.shape[1] if members.ndim > 1 else 1
        if found != self.count:
            raise IntegrityError(f"the split has {self.count} folds but the model {found} members", hint="dvc repro")
        return members[np.arange(len(members)), member]


def chosen_on(folds: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Say which member was stopped and tuned on the rows of a fold: the one before.

    >>> chosen_on(np.array([0, 1, 4]), 5).tolist()
    [4, 0, 3]
    """
    return np.asarray((folds - 1) % count)


def learnt_by(member: int, folds: NDArray[np.int64], count: int) -> NDArray[np.bool_]:
    """Say which rows [n] a member learns from: those of all folds but its own and the next.

    >>> learnt_by(4, np.array([0, 1, 2, 3, 4]), 5).tolist()
    [False, True, True, True, False]
    """
    return np.asarray((folds != member) & (folds != (member + 1) % count))


def ratio(count: int) -> float:
    """Give the rows that a member is judged on as a share of those that it learnt from (Nadeau and Bengio, 2003).

    >>> ratio(5) == 1 / 3
    True
    """
    return 1 / (count - 2)
