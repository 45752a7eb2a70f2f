"""Bodies of many rows that are spelt evenly, as programs write them: where each of their values stands.

What stands between two values is the same in each row: a comma and a blank, a name, the brackets of a row. So the
commas say where all values are, and the bytes between them are held to those that must be there. What is spelt
otherwise is left to a reader of JSON, and so is a body with more in it than rows: the answer is None.
"""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import orjson

from mlops.bundle.spelt_numbers import AFTER, BEFORE, load
from mlops.bundle.spelt_rows import Places, SpeltRows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mlops.bundle.plain_rows import PlainRows
    from mlops.bundle.table import Table

LEAST = 16 << 10
"""Bytes of a body that NumPy is worth starting for."""
_RECORDS = re.compile(rb'\{"(?:dataframe_records|instances|inputs)":( ?)\[(?=\{")')
_SPLIT = re.compile(rb'\{"dataframe_split":( ?)\{"columns":\1(\[[^\[\]]*\]),\1"data":\1\[(?=\[)')
_LISTS = re.compile(rb'\{"inputs":( ?)\[(?=\[)')
_COLUMNS = re.compile(rb'\{"(?:instances|inputs)":( ?)\{(?=")')
_COMMA = ord(",")


class _Rows(NamedTuple):
    """Rows one after the other: where the first begins, what each is led in by, and what ends it and them all."""

    first: int
    names: list[str]
    keys: list[bytes]  # what stands before each value, beside the comma
    ends: bytes  # a row
    tail: bytes


class RegularBodies:
    """Reads such bodies for one bundle."""

    def __init__(self, plain: PlainRows) -> None:
        self._names, self._rows = plain.names, SpeltRows(plain)

    @classmethod
    def of(cls, plain: PlainRows | None) -> RegularBodies | None:
        """Make a reader where there is one of plain rows; eight digits are a number of a little-endian processor."""
        return cls(plain) if plain is not None and sys.byteorder == "little" else None

    def read(self, body: bytes, most: int | None = None) -> tuple[int, Table] | None:
        """Read a body of at most so many rows: how many there are, and what was read of them."""
        if len(body) < LEAST or b"\0" in body:  # a zero before a text would look like what fills its word up
            return None
        places = self._places(body)
        if places is None or not 0 < len(places.starts) <= (most or len(places.starts)):
            return None
        table = self._rows.table(places)
        return None if table is None else (len(places.starts), table)

    def _places(self, body: bytes) -> Places | None:
        if (found := _COLUMNS.match(body)) is not None:
            return self._of_columns(body, found)
        rows = self._of_rows(body)
        if rows is None or not self._complete(rows.names) or not body.endswith(rows.tail):
            return None
        return _by_rows(body, rows)

    def _complete(self, names: Sequence[str]) -> bool:
        return len(names) == len(self._names) and set(names) == set(self._names)

    def _of_rows(self, body: bytes) -> _Rows | None:
        """Say how rows are spelt, by the first of them."""
        if (found := _RECORDS.match(body)) is not None:
            blank, first = found[1], body[found.end() : body.find(b"}", found.end()) + 1]
            names = _names(first)
            keys = [blank + _key(name, first) + blank for name in names]
            keys[:1] = [blank + b"{" + key[len(blank) :] for key in keys[:1]]
            return _Rows(found.end(), names, keys, b"}", b"}]}")
        if (found := _SPLIT.match(body)) is not None:
            blank, names, tail = found[1], _listed(found[2]), b"]]}}"
        elif (found := _LISTS.match(body)) is not None:
            blank, names, tail = found[1], self._names, b"]]}"
        else:
            return None
        return _Rows(found.end(), names, [blank + b"[", *[blank] * (len(names) - 1)], b"]", tail)

    def _of_columns(self, body: bytes, found: re.Match[bytes]) -> Places | None:
        """Find the values of columns, each as long as the others."""
        blank, at = found[1], found.end()
        names: list[str] = []
        bounds: list[tuple[int, int]] = []
        opens = b'":%b[' % blank
        for _ in self._names:
            named = body.find(opens, at)
            end = body.find(b"]", named)
            if named < 0 or end < 0 or body[at : at + 1] != b'"':
                return None
            found_names = _listed(b"[%b]" % body[at : named + 1])
            if len(found_names) != 1:
                return None
            names += found_names
            bounds.append((named + len(opens), end))
            at = end + 2 + len(blank)
            if body[end : at + 1] != b'],%b"' % blank:
                break
        if not self._complete(names) or body[bounds[-1][1] :] != b"]}}":
            return None
        return _by_columns(body, names, bounds, blank)


def _names(row: bytes) -> list[str]:
    """List the names of a row; none where it is not one of single values."""
    try:
        found = orjson.loads(row)
    except orjson.JSONDecodeError:
        return []
    return list(found)


def _listed(names: bytes) -> list[str]:
    """Read a list of texts; an empty one where it is another."""
    try:
        found = orjson.loads(names)
    except orjson.JSONDecodeError:
        return []
    return found if set(map(type, found)) == {str} else []


def _key(name: str, row: bytes) -> bytes:
    """Spell a name as a row does."""
    return json.dumps(name, ensure_ascii=row.isascii()).encode() + b":"


def _padded(body: bytes) -> tuple[bytes, NDArray[np.uint8]]:
    text = b"%b%b%b" % (bytes(BEFORE), body, bytes(AFTER))
    return text, np.frombuffer(text, np.uint8)


def _by_rows(body: bytes, rows: _Rows) -> Places | None:
    """Find the values of rows by the commas between them."""
    width = len(rows.keys)
    text, data = _padded(body)
    # the first row follows a bracket as the others follow a comma, without a blank
    blank = len(rows.keys[0]) - len(rows.keys[0].lstrip())
    begin = BEFORE + rows.first - blank
    end = len(text) - AFTER - len(rows.tail)
    commas = np.flatnonzero(data[begin:end] == _COMMA)
    if (len(commas) + 1) % width:
        return None
    edges = np.empty(len(commas) + 2, dtype=np.int64)
    edges[0], edges[-1] = begin, end + 1 + len(rows.ends)
    np.add(commas, begin + 1, out=edges[1:-1])
    trails = np.ones(width, dtype=np.int64)
    trails[-1] += len(rows.ends)
    leads = np.array([len(key) for key in rows.keys], dtype=np.int64)
    starts, ends = edges[:-1].reshape(-1, width), edges[1:].reshape(-1, width)
    closed = (data.take(ends[:, -1] - trails[-1], mode="clip") == ord(rows.ends)).all()
    if not closed or not _led(text, data, starts + leads, rows, blank):
        return None
    return Places(text, rows.names, starts, ends, leads, trails)


def _led(text: bytes, data: NDArray[np.uint8], starts: NDArray[np.int64], rows: _Rows, blank: int) -> bool:
    """Tell whether each value follows what must stand before it."""
    lead = rows.keys[0][blank:]
    if text[starts[0, 0] - len(lead) : starts[0, 0]] != lead:
        return False
    longest = max(map(len, rows.keys))
    if longest > 2:  # names
        return _named(text, starts, rows.keys, -(-longest // 8))
    for back in range(1, longest + 1):
        some = [place for place, key in enumerate(rows.keys) if len(key) >= back]
        since = int(back > len(lead))  # the first row follows a bracket
        picked = starts if len(some) == starts.shape[1] and not since else starts[since:, some]
        wanted = np.array([rows.keys[place][-back] for place in some], dtype=np.uint8)
        if (data.take(picked - back, mode="clip") != wanted).any():
            return False
    return True


def _named(text: bytes, starts: NDArray[np.int64], keys: list[bytes], words: int) -> bool:
    """Tell whether each value but the very first follows its name, eight bytes at a time from the last on."""
    spelt = np.frombuffer(b"".join(key.rjust(8 * words, b"\0") for key in keys), np.uint64)
    wanted = spelt.reshape(len(keys), words).T[::-1].copy()
    matter = np.where(wanted.view(np.uint8) == 0, 0, 255).astype(np.uint8).view(np.uint64)
    read, flat = np.frombuffer(text, np.uint64, len(text) // 8), starts.reshape(-1)
    for word in range(words):
        found = load(read, flat - 8 * word).reshape(starts.shape)
        found ^= wanted[word]
        found &= matter[word]
        found[0, 0] = 0
        if found.any():
            return False
    return True


def _by_columns(body: bytes, names: list[str], bounds: list[tuple[int, int]], blank: bytes) -> Places | None:
    """Find the values of columns by the commas between them."""
    text, data = _padded(body)
    opened, closed = (np.array(each, dtype=np.int64) + BEFORE for each in zip(*bounds, strict=True))
    commas = np.flatnonzero(data[opened[0] : closed[-1]] == _COMMA)
    if (len(commas) + 1) % len(names):
        return None
    edges = np.empty(len(commas) + 1, dtype=np.int64)
    edges[0] = opened[0]
    np.add(commas, opened[0] + 1 + len(blank), out=edges[1:])
    starts = edges.reshape(len(names), -1)
    ends = np.empty_like(starts)
    ends[:, :-1] = starts[:, 1:]
    ends[:, :-1] -= 1 + len(blank)
    ends[:, -1] = closed
    if (starts[1:, 0] != closed[:-1] + 2 + len(blank)).any():  # a column is longer than another
        return None
    starts[:, 0] = opened
    if blank and (data.take(starts[:, 1:] - 1, mode="clip") != ord(blank)).any():
        return None
    none = np.zeros(len(names), dtype=np.int64)
    return Places(text, names, starts.T, ends.T, none, none, columnar=True)
