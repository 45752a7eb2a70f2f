"""How sentences of a window are compared with training's: by their length, and by the share of tokens that are new.

`name` is the length in characters, `name.unseen` the share. A bundle that hashes tokens knows those of its training by
the buckets that they filled.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from mlops.monitor import drift

if TYPE_CHECKING:
    from mlops.bundle.text import Text
    from mlops.documents.profile import ColumnProfile
    from mlops.monitor.drift import Bins

UNSEEN = "unseen"


def bins(column: pl.Series, profile: ColumnProfile, item: Text | None, rows: int) -> Iterator[tuple[str, Bins]]:
    """Count the texts of a window in the bins of a profile made of `rows` values; texts that are missing in none."""
    known = column.cast(pl.String).drop_nulls().to_list()
    lengths = np.array([len(text) for text in known], dtype=np.float64)
    shares = None if item is None or profile.unseen is None else (f"{column.name}.{UNSEEN}", item.unseen(known))
    for name, values, described in ((column.name, lengths, profile), *(((*shares, profile.unseen),) if shares else ())):
        made = None if described is None else drift.numbers(values, described, rows)
        if made is not None:
            yield name, made
