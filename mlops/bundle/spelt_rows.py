"""Rows read where their values stand in a text, all at once by NumPy: no value becomes an object of Python's first.

Of a body of many rows, to make and to free those objects is most of the work. Whoever knows where each value stands
(`Places`) has numbers here as they are spelt, and texts that are levels by how those are spelt. What is spelt otherwise
is read by orjson, value by value; where much is, or anything is not plain, the answer is None. `PlainRows` is the
oracle (tests/unit/serve/test_regular_bodies.py).
"""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import orjson

from mlops.bundle.plain_rows import PlainRows, Unusual
from mlops.bundle.spelt_numbers import SELDOM, TooUnusual, load, masked, spelt_numbers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mlops.bundle.table import Table

    Positions = NDArray[np.int64]
    Words = NDArray[np.uint64]

_WORDS = 4  # of eight bytes: texts of more are read alone
_MIXED = tuple(
    np.uint64(odd) for odd in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x27D4EB2F165667C5)
)


class Places(NamedTuple):
    """Where the values of some rows stand in a text: from `starts + leads` up to `ends - trails`, in bytes.

    `starts` and `ends` are [rows, columns], and column by column in memory where the values are so in the text
    (`columnar`, in which case `leads` and `trails` [columns], which are of each row, are zero). Before the first value
    the text has `BEFORE` bytes more, and `AFTER` behind the last.
    """

    text: bytes
    names: Sequence[str]
    starts: Positions
    ends: Positions
    leads: Positions
    trails: Positions
    columnar: bool = False


class SpeltRows:
    """Reads plain rows of one bundle, many at a time; any thread may."""

    def __init__(self, plain: PlainRows) -> None:
        self._plain = plain
        self._texts = _Spelt(plain.codes)
        self._logical = [place for places, kind in plain.groups if kind == "bool" for place in places]
        self._digits = [place for place in range(len(plain.plain)) if place not in self._logical]
        self._whole = [at for at, place in enumerate(self._digits) if float not in plain.allowed[place]]
        nullable = (type(None) in plain.allowed[place] for place in self._logical)
        self._truths = _Spelt([{True: 1, False: 0} | ({None: 2} if null else {}) for null in nullable])

    def table(self, places: Places) -> Table | None:
        """Check and read rows; None where one of them is not plain, or too much is spelt so that it is read alone."""
        try:
            numbers = self._numbers(places)
            codes = self._codes(places)
            moments = self._moments(places)
        except (Unusual, TooUnusual, KeyError, TypeError, ValueError, OverflowError):
            return None
        return self._plain.table_of(numbers, codes, moments)

    def _numbers(self, places: Places) -> NDArray[np.float64]:
        names, allowed = self._plain.plain, self._plain.allowed
        found = _Picked.of(places, [names[place] for place in self._digits])
        values, pointed, odd = spelt_numbers(found.words, found.starts, found.ends)
        if self._whole and found.table(pointed)[:, self._whole].any():
            raise Unusual
        if odd.any():
            self._alone(found, np.flatnonzero(odd), values, [allowed[place] for place in self._digits])
        numbers = found.table(values)
        if not self._logical:
            return numbers
        logical = _Picked.of(places, [names[place] for place in self._logical])
        codes, unknown = self._truths.look_up(logical)
        if unknown.any():
            raise Unusual
        whole = np.empty((len(names), len(places.starts))).T
        whole[:, self._digits] = numbers
        whole[:, self._logical] = logical.table(np.array([0.0, 1.0, np.nan]).take(codes))
        return whole

    def _alone(
        self, found: _Picked, odd: Positions, values: NDArray[np.float64], allowed: Sequence[frozenset[type]]
    ) -> None:
        """Read the numbers that are spelt otherwise, or null."""
        if len(odd) * SELDOM > len(values) + SELDOM:
            raise Unusual
        read = found.read(odd)
        for value, column in zip(read, found.columns(odd).tolist(), strict=True):
            if type(value) not in allowed[column]:
                raise Unusual
        values[odd] = np.array(read, dtype=np.float64)

    def _codes(self, places: Places) -> NDArray[np.int64]:
        found = _Picked.of(places, self._plain.coded)
        if not found.width:
            return np.empty((len(places.starts), 0), dtype=np.int64)
        codes, unknown = self._texts.look_up(found)
        if unknown.any():
            rest = np.flatnonzero(unknown)
            known = self._plain.codes
            columns = found.columns(rest).tolist()
            codes[rest] = [known[column][value] for column, value in zip(columns, found.read(rest), strict=True)]
        return found.table(codes)

    def _moments(self, places: Places) -> NDArray[np.int64]:
        moments = np.empty((len(self._plain.dated), len(places.starts)), dtype=np.int64)
        for into, name, parse in zip(moments, self._plain.dated, self._plain.parse, strict=True):
            found = _Picked.of(places, [name])
            into[:] = [parse(value) for value in found.read(np.arange(len(into)))]
        return moments.T


class _Picked(NamedTuple):
    """Some columns' values, one after the other as they stand in the text."""

    text: bytes
    words: Words
    starts: Positions
    ends: Positions
    rows: int
    width: int
    columnar: bool

    @classmethod
    def of(cls, places: Places, names: Sequence[str]) -> _Picked:
        at = [places.names.index(name) for name in names]
        together = at == list(range(at[0], at[0] + len(at))) if at else False
        picked = slice(at[0], at[0] + len(at)) if together else at
        if places.columnar:
            starts, ends = places.starts.T[picked], places.ends.T[picked]
        else:
            starts = places.starts[:, picked] + places.leads[picked]
            ends = places.ends[:, picked] - places.trails[picked]
        words = np.frombuffer(places.text, np.uint64, len(places.text) // 8)
        shape = len(places.starts), len(at), places.columnar
        return cls(places.text, words, starts.reshape(-1), ends.reshape(-1), *shape)

    def table(self, values: NDArray[Any]) -> NDArray[Any]:
        """Arrange something of each value by rows and columns."""
        if self.columnar:
            return values.reshape(self.width, self.rows).T
        return values.reshape(self.rows, self.width)

    def columns(self, at: Positions) -> Positions:
        """Say of which column some values are."""
        return at // self.rows if self.columnar else at % self.width

    def read(self, at: Positions) -> list[Any]:
        """Read some values as JSON; raises ValueError where each is not one value."""
        text = self.text
        spelt = [text[start:end] for start, end in zip(self.starts[at].tolist(), self.ends[at].tolist(), strict=True)]
        values: list[Any] = orjson.loads(b"[%b]" % b",".join(spelt))
        if len(values) != len(at):
            raise ValueError
        return values


class _Spelt:
    """The codes of some columns' texts by how they are spelt."""

    def __init__(self, known: Sequence[Mapping[Any, int]]) -> None:
        self._known = known

    @cached_property
    def _table(self) -> tuple[Words, Words, Positions, Positions]:
        """List hashes in their order, the words of each (from the last), its column, and its code."""
        wide, spelt = 8 * _WORDS, dict[tuple[int, bytes], int]()
        for column, known in enumerate(self._known):
            for value, code in known.items():
                spelt |= {(column, text): code for text in _spellings(value) if len(text) <= wide}
        texts = b"".join(text.rjust(wide, b"\0") for _, text in spelt)
        words = np.frombuffer(texts, np.uint64, len(spelt) * _WORDS).reshape(-1, _WORDS).T[::-1]
        columns = np.array([column for column, _ in spelt], dtype=np.int64)
        hashes = _mixed(words) + columns.view(np.uint64)
        order = np.argsort(hashes)
        codes = np.array(list(spelt.values()), dtype=np.int64)
        return hashes[order], words[:, order], columns[order], codes[order]

    def look_up(self, picked: _Picked) -> tuple[Positions, NDArray[np.bool_]]:
        """Give the code of each value, and whether it is not known by how it is spelt."""
        hashes, spelt, owners, codes = self._table
        length = picked.ends - picked.starts
        if not len(hashes):
            return np.zeros(len(length), dtype=np.int64), np.ones(len(length), dtype=np.bool_)
        count = min(_WORDS, 1 + max(0, int(length.max()) - 1) // 8)
        words = [masked(load(picked.words, picked.ends - 8 * word), length - 8 * word) for word in range(count)]
        columns, mixed = np.arange(picked.width), _mixed(words)
        by_column = picked.table(mixed)
        by_column += columns.view(np.uint64)
        found = np.searchsorted(hashes, mixed)
        np.minimum(found, len(hashes) - 1, out=found)
        unknown = np.empty(len(length), dtype=np.bool_)
        np.not_equal(picked.table(owners.take(found)), columns, out=picked.table(unknown))
        unknown |= length > 8 * _WORDS
        for word in range(_WORDS if spelt[count:].any() else count):
            unknown |= spelt[word].take(found) != (words[word] if word < count else 0)
        return codes.take(found), unknown


def _spellings(value: Any) -> set[bytes]:
    """Spell a value as most programs do; none where it is half of a character, which is not to be read."""
    try:
        return {json.dumps(value, ensure_ascii=plain).encode() for plain in (False, True)}
    except UnicodeEncodeError:
        return set()


def _mixed(words: Sequence[Words] | Words) -> Words:
    """Make a hash of a text's words."""
    mixed = words[0] * _MIXED[0]
    for word, odd in zip(words[1:], _MIXED[1:], strict=False):
        mixed += word * odd
    return mixed
