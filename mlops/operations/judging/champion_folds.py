"""A live model of several members beside a candidate: each test row is answered by the member that has not seen it.

Which that is follows from the split that the live model was made of, not from the candidate's. A row that it never had
is answered by the mean, as it is served; one that is in several of its folds, itself or by its keys or its group, has
been seen by every member, and is left out.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlops.errors import Inconclusive
from mlops.operations.judging.learnt import alike, split_folder

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

SERVED = -1
"""The place of a row that no member has seen: the mean answers it."""
_BEYOND = 1 << 30


@dataclass(frozen=True)
class Unseen:
    """The member [n] that answers each test row, or `SERVED`; `kept` are the positions that may be compared."""

    members: NDArray[np.int64]
    kept: NDArray[np.int64]


def unseen(
    root: Path,
    name: str,
    digest: str,
    place: Path,
    test: pl.DataFrame,
    keys: Iterable[str],
    group: str | None,
    count: int,
) -> Unseen:
    """Find the member of a live model of `count` members that answers each row of `test`.

    `place` holds the run's `dvc.lock`, and its split.

    Raises:
        Inconclusive: nobody can say which rows its members learnt from.
        IntegrityError: DVC brought other rows than were recorded.
    """
    with tempfile.TemporaryDirectory(prefix="mlops-split-") as folder:
        known = _known(split_folder(root, name, digest, place, Path(folder)), count)
    return found(test, known, tuple(keys), group)


def _known(split: Path, count: int) -> pl.DataFrame:
    """Read the rows that members learnt from, with the fold of each."""
    import polars as pl

    from mlops.ml.data.folds import FOLD, Folds

    dealt = Folds.read(split)
    if dealt is None or dealt.count != count or not (split / "train.parquet").is_file():
        had = "no folds" if dealt is None else f"{dealt.count} folds"
        raise Inconclusive(f"the live model has {count} members, but the split that it was made of {had}")
    rows = pl.read_parquet(split / "train.parquet")
    return rows.with_columns(pl.Series(FOLD, dealt.of(rows["__row__"])).alias(_fold()))


def _fold() -> str:
    from mlops.ml.data.names import helper

    return helper("fold")


def found(test: pl.DataFrame, known: pl.DataFrame, keys: tuple[str, ...], group: str | None) -> Unseen:
    """Look test rows up among those that members learnt from: by all columns that both have, by keys, or by group."""
    import numpy as np
    import polars as pl

    fold, least, greatest = _fold(), "least", "greatest"
    first, last = np.full(test.height, _BEYOND), np.full(test.height, SERVED)
    for columns in alike(test, known.drop(fold), keys, group):
        ends = known.group_by(columns).agg(
            pl.col(fold).min().alias(fold + least), pl.col(fold).max().alias(fold + greatest)
        )
        places = test.select(columns).join(ends, on=columns, how="left", nulls_equal=True, maintain_order="left")
        first = np.minimum(first, places[fold + least].fill_null(_BEYOND).to_numpy())
        last = np.maximum(last, places[fold + greatest].fill_null(SERVED).to_numpy())
    new = last == SERVED
    return Unseen(np.where(new, SERVED, first), np.flatnonzero(new | (first == last)))
