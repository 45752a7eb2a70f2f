"""Random numbers that belong to a row: they depend on a name and on the row's number, not on the order of rows.

Method: the finaliser of SplitMix64 (Steele, Lea and Flood, Fast Splittable Pseudorandom Number Generators, OOPSLA 2014)
over the row's number, keyed by a BLAKE2 digest of the name.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def uniform(name: str, rows: NDArray[Any]) -> NDArray[np.float64]:
    """Draw a number within (0, 1) for each row number [n]."""
    key = np.frombuffer(hashlib.blake2b(name.encode(), digest_size=8).digest(), dtype="<u8")[0]
    mixed = (rows.astype(np.int64).view(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15) + key
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return np.asarray(((mixed >> np.uint64(11)).astype(np.float64) + 0.5) / 2.0**53)


def normal(name: str, rows: NDArray[Any]) -> NDArray[np.float64]:
    """Draw a standard normal number for each row number [n], by Box and Muller."""
    radius = np.sqrt(-2 * np.log(uniform(f"{name}|radius", rows)))
    return np.asarray(radius * np.cos(2 * np.pi * uniform(f"{name}|angle", rows)))


def choice(name: str, rows: NDArray[Any], count: int) -> NDArray[np.int64]:
    """Draw one of 0 ... count - 1 for each row number [n].

    >>> choice("fold", np.arange(6), 3).tolist(), choice("fold", np.array([4, 2]), 3).tolist()
    ([0, 2, 1, 1, 0, 0], [0, 1])
    """
    return np.minimum((uniform(name, rows) * count).astype(np.int64), count - 1)


def order(name: str, rows: NDArray[Any]) -> NDArray[np.int64]:
    """Shuffle rows: the positions that would sort them by their draw."""
    return np.lexsort((rows, uniform(name, rows)))
