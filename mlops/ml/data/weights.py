"""What a column of sampling weights must hold: how many of the population a row stands for."""

from __future__ import annotations

import polars as pl

from mlops.ml.data.checks import Check, failure


def usable(values: pl.Series, kind: str) -> Check:
    """Block weights that are no finite numbers above 0.

    A row of weight 0 would be counted as a row and be worth nothing: who wants it out leaves it out.

    Example:
        >>> usable(pl.Series("w", [1.5, 0.0, None]), "float").message.partition(";")[0]
        '2 of 3 rows have no weight that can be used in `w`: missing 1, 0 or below 1'
    """
    name, total = values.name, len(values)
    if kind not in ("int", "float"):
        message = (
            f"`{name}` weighs rows and must hold numbers, not {kind}; declare `columns: {{{name}: {{type: float}}}}`"
        )
        return failure("weight", name, message)
    wide = values.cast(pl.Float64).fill_nan(None)
    counts = {
        "missing": wide.null_count(),
        "infinite": int(wide.is_infinite().sum()),
        "0 or below": int((wide.is_not_null() & (wide <= 0)).sum()),
    }
    failed = sum(counts.values())
    what = ", ".join(f"{why} {count:,}" for why, count in counts.items() if count)
    words = f"{failed:,} of {total:,} rows have no weight that can be used in `{name}`: {what}"
    return Check(
        "weight", name, "block", failed, total, f"{words}; leave these rows out, or weigh them" if failed else ""
    )
