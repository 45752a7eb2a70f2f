"""How sentences of a window are compared with training's: by their length, their tokens, and the share that is new.

`name` is the length in characters, `name.unseen` the share, `name.tokens` which tokens there are: each text counts
once, by the first that it has of a few that divided those of training about evenly. A bundle that hashes tokens knows
those of its training by the buckets that they filled; they have a number in place of a name.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from mlops.bundle.text import sorted_by
from mlops.monitor import drift
from mlops.monitor.drift import Bins

if TYPE_CHECKING:
    from mlops.bundle.text import Text
    from mlops.documents.profile import ColumnProfile, Tokens

UNSEEN, TOKENS = "unseen", "tokens"


def bins(column: pl.Series, profile: ColumnProfile, item: Text | None, rows: int) -> Iterator[tuple[str, Bins]]:
    """Count the texts of a window in the bins of a profile made of `rows` values; texts that are missing in none."""
    known = column.cast(pl.String).drop_nulls().to_list()
    lengths = np.array([len(text) for text in known], dtype=np.float64)
    shares = None if item is None or profile.unseen is None else (f"{column.name}.{UNSEEN}", item.unseen(known))
    for name, values, described in ((column.name, lengths, profile), *(((*shares, profile.unseen),) if shares else ())):
        made = None if described is None else drift.numbers(values, described, rows)
        if made is not None:
            yield name, made
    if item is not None and profile.tokens is not None:
        yield f"{column.name}.{TOKENS}", _tokens(known, profile.tokens, item)


def _tokens(known: list[str], described: Tokens, item: Text) -> Bins:
    """Count texts by the first token that each has of those that training's were sorted by."""
    window = sorted_by(described.ids, (frozenset(item.ids_of(text)) for text in known))
    reference = np.array(described.shares, dtype=np.float64) * described.rows
    named = item.vocabulary
    names = (f"`{named[number - 1]}`" if named is not None else f"token {number}" for number in described.ids)
    return Bins(reference, window.astype(np.float64), levels=(*names, "none of these"))
