"""Parts of the split as a column of the table says them: an official test set, or whatever somebody divided before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import polars as pl

from mlops.errors import DataError
from mlops.ml.data.names import ROWS, VALUE, counted

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Part = Literal["train", "validation", "test"]
PARTS: tuple[Part, ...] = ("train", "validation", "test")
USUAL: Mapping[str, tuple[str, ...]] = {
    "train": ("train", "training", "learn"),
    "validation": ("validation", "valid", "val", "dev", "development"),
    "test": ("test", "testing", "holdout", "hold-out", "hold_out", "eval", "evaluation"),
}
"""What people write, in any case of letters."""
_SHOWN = 5


def declared_parts(keys: pl.Series, values: Mapping[Part, Sequence[object]]) -> NDArray[np.int64]:
    """Read the part of each row [n] as an index into PARTS; `values` are spellings that go before the usual ones.

    Raises:
        DataError: a value names no part.

    Example:
        >>> declared_parts(pl.Series("fold", ["a", "Train", "holdout"]), {"train": ["a"]}).tolist()
        [0, 0, 2]
    """
    known = {word: index for index, part in enumerate(PARTS) for word in USUAL[part]}
    known |= {spelled(value): PARTS.index(part) for part, listed in values.items() for value in listed}
    found = counted(keys).sort(VALUE)
    places = [known.get(spelled(value)) for value in found[VALUE].to_list()]
    strange = [
        f"`{value}` ({rows:,} rows)" for (value, rows), at in zip(found.iter_rows(), places, strict=True) if at is None
    ]
    if strange:
        more = f" and {len(strange) - _SHOWN:,} more" if len(strange) > _SHOWN else ""
        raise DataError(
            f"`{keys.name}` has values that name no part of the split: {', '.join(strange[:_SHOWN])}{more}",
            hint=f"split: {{by: column, key: {keys.name}, values: {{train: [...], test: [...]}}}}",
        )
    told = pl.DataFrame([found[VALUE], pl.Series(ROWS, places, dtype=pl.Int64)])
    joined = keys.alias(VALUE).to_frame().join(told, on=VALUE, how="left", maintain_order="left")
    return joined[ROWS].to_numpy(writable=True)


def spelled(value: object) -> str:
    """Spell a value as it is compared: without case, a whole number alike whether it was read as a float."""
    plain = int(value) if isinstance(value, float) and value.is_integer() else value
    return str(plain).strip().casefold()
