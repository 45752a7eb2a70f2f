"""One plain row to a model's input without an array: for a handful of columns, NumPy takes longer to start than to add.

Python's floats are the same doubles, and `struct` rounds them to single precision as NumPy does.
"""

from __future__ import annotations

import struct
from operator import itemgetter
from typing import TYPE_CHECKING

from mlops.bundle.table import LARGEST

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from mlops.bundle.transform import Transform


class OneRow:
    """Writes one row; only of numbers and categories, each read by one part of the recipe."""

    def __init__(self, transform: Transform) -> None:
        self._shift, self._scale = transform.shift.tolist(), transform.scale.tolist()
        self._filled = transform.filled
        between = transform.as_they_are.start - self._filled
        self._zeros = [0.0] * between
        self._rest = [0.0] * (len(transform.layout) + 1 - transform.as_they_are.stop)
        self._base, self._position, self._value = (array.tolist() for array in transform.codebook)
        keep = transform.keep.tolist()
        self._kept = None if keep == list(range(len(transform.layout))) else itemgetter(*keep, keep[0])
        # `=`: without it, what is too large would become infinite, and not an error
        self._pack_into = struct.Struct(f"={len(keep)}f").pack_into

    @classmethod
    def of(cls, transform: Transform) -> OneRow | None:
        """Make a writer; None for dates, a column that two parts of the recipe read, or numbers that are too wide."""
        reader = transform.reader
        simple = transform.tame and not reader.dated and reader.one_to_one
        return cls(transform) if simple and len(transform.keep) else None

    def write(self, numbers: Sequence[float], codes: Sequence[int], into: NDArray[np.float32]) -> bool:
        """Write a row into a contiguous array; False where a number is too large, and nothing is written."""
        if numbers and max(numbers) >= LARGEST:
            return False
        values = [
            (value - shift) / scale for value, shift, scale in zip(numbers, self._shift, self._scale, strict=True)
        ]
        if len(values) > self._filled:
            out = [*values[: self._filled], *self._zeros, *values[self._filled :], *self._rest]
        else:
            out = [*values, *self._zeros, *self._rest]
        position, value = self._position, self._value
        for base, code in zip(self._base, codes, strict=True):
            out[position[base + code]] = value[base + code]
        try:
            if self._kept is None:
                out.pop()
                self._pack_into(into.data, 0, *out)
            else:
                self._pack_into(into.data, 0, *self._kept(out)[:-1])
        except OverflowError:
            return False
        return True
