"""Rows whose values are JSON's own, checked and made numbers in one pass; whatever else there is, is left to others.

Most requests hold what the model reads and nothing else: numbers as numbers, texts, ISO dates. `RowReader`,
`RequestSchema` and `Transform` take each value three times to find that out. Here a row's types are compared as one
tuple, and its numbers packed as one. The answer is None where a value asks for a second look, be it wrong or only spelt
otherwise: those three then read the row anew, and are the oracle (tests/unit/bundle/test_plain_rows.py).
"""

from __future__ import annotations

import marshal
import struct
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mlops.bundle.recipe_items import DATED, NUMERIC, TEXT
from mlops.bundle.table import Table, code_of, within
from mlops.expressions import timestamps

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from mlops.bundle.predictor import Predictor
    from mlops.bundle.schema import Field
    from mlops.bundle.table import Row

_MOST = 4_096  # tuples of types that are remembered: nulls come in many places
_TYPES: Mapping[str, tuple[type, ...]] = {"int": (int,), "float": (float, int), "bool": (bool,)}
_NULL = type(None)
_Values = tuple[Any, ...]


class Unusual(Exception):
    """A value that is not plain."""


class Packed(NamedTuple):
    """Rows that were accepted, one after the other: `numbers` are float64, `codes` and `moments` whole numbers."""

    rows: int
    numbers: bytes
    codes: list[int]
    moments: list[int]
    first: _Values | None
    """The numbers of the first row as they came, where none is null."""


class PlainRows:
    """Reads plain rows of one bundle."""

    def __init__(self, predictor: Predictor) -> None:
        schema, reader = predictor.schema, predictor.transform.reader
        fields = {field.name: field for field in schema.fields}
        self.reader = reader
        self._width = len(fields)
        self._names = fields.keys()
        self.names = list(fields)
        """The fields of a row, in their order."""
        self._nullable = {name for name, field in fields.items() if schema.takes_null(field)}
        self.plain, self.coded, self.dated = reader.plain, [name for name, _ in reader.codes], reader.dated
        nulls = frozenset(schema.nulls or ())
        self.codes = [_Codes(codes, nulls, null=name in self._nullable) for name, codes in reader.codes]
        self.parse = [_parser(fields[name], null=name in self._nullable) for name in self.dated]
        self._of = tuple(_getter(names) for names in (self.plain, self.coded, self.dated))
        self._of_all = _getter([*self.plain, *self.coded, *self.dated])
        self.allowed = [self._types(fields[name]) for name in self.plain]
        kinds = [fields[name].type for name in self.plain]
        self.groups = [
            (places, kind)
            for kind in ("float", "int", "bool")
            if (places := [place for place, each in enumerate(kinds) if each == kind])
        ]
        self._good: set[tuple[type, ...]] = set()
        self._pack = struct.Struct(f"{len(self.plain)}d").pack

    @classmethod
    def of(cls, predictor: Predictor) -> PlainRows | None:
        """Make a reader for a bundle; None for one with pictures, sentences, computed columns or a condition."""
        recipe, reader = predictor.transform.recipe, predictor.transform.reader
        seldom = recipe.texts or recipe.pictures or recipe.made or recipe.where is not None
        read = {*reader.plain, *(name for name, _ in reader.codes), *reader.dated}
        usual = all(
            (field.type in NUMERIC and field.name in reader.plain)
            or (field.type in TEXT and field.name in read)
            or (field.type in DATED and field.name in reader.dated and field.style is None)
            for field in predictor.schema.fields
        )
        return cls(predictor) if usual and not seldom else None

    def packed(self, rows: Sequence[Any]) -> Packed | None:
        """Check and pack rows, some few; None where one of them is not plain."""
        of_numbers, of_codes, of_dates = self._of
        numbers: list[bytes] = []
        codes: list[int] = []
        moments: list[int] = []
        first: _Values | None = None
        try:
            for row in rows:
                if len(row) != self._width:
                    return None
                values = of_numbers(row)
                types = tuple(map(type, values))
                if types not in self._good:
                    self._learn(types)
                null = _NULL in types
                numbers.append(self._bytes(values) if null else self._pack(*values))
                first = (None if null else values) if len(numbers) == 1 else first
                for value, known in zip(of_codes(row), self.codes, strict=True):
                    codes.append(known[value])
                for value, parse in zip(of_dates(row), self.parse, strict=True):
                    moments.append(parse(value))
        except (Unusual, KeyError, TypeError, ValueError, OverflowError):
            return None
        packed = numbers[0] if len(numbers) == 1 else b"".join(numbers)
        return Packed(len(rows), packed, codes, moments, first)

    def table(self, rows: Sequence[Row]) -> Table | None:
        """Check and read rows, many; None where one of them is not plain."""
        try:
            if set(map(len, rows)) != {self._width}:
                return None
            columns = list(zip(*map(self._of_all, rows), strict=True))
        except (KeyError, TypeError):
            return None
        return self._read(len(rows), *self._by_kind(columns))

    def table_of_columns(self, names: Sequence[Any], columns: Sequence[Sequence[Any]]) -> Table | None:
        """Check and read columns; None where they are not those of the model, of one length, and plain."""
        try:
            given = dict(zip(names, columns, strict=True))
            lengths = set(map(len, columns))
            if given.keys() != self._names or len(names) != self._width or len(lengths) != 1 or 0 in lengths:
                return None
        except (TypeError, ValueError):
            return None
        return self._read(len(columns[0]), *self._by_kind(self._of_all(given)))

    def _read(
        self, rows: int, plain: Sequence[Sequence[Any]], coded: Sequence[Sequence[Any]], dated: Sequence[Sequence[Any]]
    ) -> Table | None:
        numbers = np.empty((len(plain), rows)).T  # column by column, as they come
        codes = np.empty((len(coded), rows), dtype=np.int64).T
        moments = np.empty((len(dated), rows), dtype=np.int64).T
        try:
            for places, kind in self.groups:
                together = _together([plain[place] for place in places], rows, kind)
                if together is not None:
                    numbers.T[places] = together
                    continue
                for place in places:
                    numbers[:, place] = _numbers(plain[place], self.allowed[place])
            for place, (column, known) in enumerate(zip(coded, self.codes, strict=True)):
                codes[:, place] = np.fromiter(map(known.__getitem__, column), np.int64, rows)
            for place, (column, parse) in enumerate(zip(dated, self.parse, strict=True)):
                moments[:, place] = np.fromiter(map(parse, column), np.int64, rows)
        except (Unusual, KeyError, TypeError, ValueError, OverflowError):
            return None
        return self.table_of(numbers, codes, moments)

    def table_of(
        self, numbers: NDArray[np.float64], codes: NDArray[np.int64], moments: NDArray[np.int64]
    ) -> Table | None:
        """Make a table of what was read of rows; None where a number is too large."""
        with np.errstate(over="ignore"):  # `within` looks again at what it cannot square
            return self.reader.table(numbers, codes, moments) if within(numbers) else None

    def _by_kind(self, columns: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any], Sequence[Any]]:
        coded = len(self.plain) + len(self.coded)
        return columns[: len(self.plain)], columns[len(self.plain) : coded], columns[coded:]

    def _types(self, field: Field) -> frozenset[type]:
        return frozenset(_TYPES[field.type]) | ({_NULL} if field.name in self._nullable else frozenset())

    def _learn(self, types: tuple[type, ...]) -> None:
        """Remember types that a row may have; raises Unusual of others."""
        if not all(found in allowed for found, allowed in zip(types, self.allowed, strict=True)):
            raise Unusual
        if len(self._good) < _MOST:
            self._good.add(types)

    def _bytes(self, values: _Values) -> bytes:
        return np.array(values, dtype=np.float64).tobytes()  # null becomes NaN


class _Codes(dict[Any, int]):
    """The code of a text by the text; of null, where a row may hold it."""

    def __init__(self, codes: Mapping[str | None, int], nulls: frozenset[str], *, null: bool) -> None:
        super().__init__(
            {text: code for text, code in codes.items() if text not in nulls and (null or text is not None)}
        )
        self._all, self._nulls = codes, nulls

    def __missing__(self, value: Any) -> int:
        """Look at a text that is no level: one that means null, or is half of a character, is for others to read."""
        if type(value) is not str or value in self._nulls:
            raise Unusual
        value.encode()  # half of a surrogate pair is a ValueError
        return code_of(value, self._all)


def _parser(field: Field, *, null: bool) -> Callable[[Any], int]:
    """Give what reads a date or time; raises Unusual or ValueError."""
    parse = timestamps.parse_date if field.type == "date" else timestamps.parse_datetime

    def read(value: Any) -> int:
        if type(value) is str:
            return parse(value)
        if value is None and null:
            return timestamps.MISSING
        raise Unusual

    return read


def _getter(names: Sequence[str]) -> Callable[[Any], _Values]:
    """Give what takes the values of some fields out of a row, as a tuple."""
    if len(names) > 1:
        return itemgetter(*names)
    return (lambda row: (row[names[0]],)) if names else (lambda _: ())


_LAYOUTS = {"float": (b"g", "<f8"), "int": (b"i", "<i4")}
"""How Python writes a float and a whole number of 32 bits: a tag, and the value."""
_HEAD = 5  # bytes of a tuple or list before its first value: a tag, and how many there are
_WRITES_SO = marshal.dumps((1.5, 2.5, 7), 2)[_HEAD:] == struct.pack("<cdcdci", b"g", 1.5, b"g", 2.5, b"i", 7)


def _together(columns: Sequence[Sequence[Any]], rows: int, kind: str) -> NDArray[Any] | None:
    """Read columns of one length [columns, rows] whose values are all floats, or all whole; None where one is another.

    Python writes them at once, several times as fast as it says their types one by one. A float's tag at the first
    place puts the next tag nine bytes on, so that all of them are floats where all of those bytes are such tags; each
    column then begins where the one before it ends. What was written is never read back but for the numbers.
    """
    if kind not in _LAYOUTS or not _WRITES_SO:
        return None
    tag, layout = _LAYOUTS[kind]
    size = 1 + np.dtype(layout).itemsize
    taken: Any = tuple(columns)
    written, step = marshal.dumps(taken, 2), _HEAD + rows * size
    head = written[_HEAD : 2 * _HEAD]
    if len(written) != _HEAD + len(columns) * step or head[1:] != rows.to_bytes(4, "little"):
        return None
    each = np.frombuffer(written, np.uint8, offset=_HEAD).reshape(len(columns), step)
    if (each[:, :_HEAD] != each[0, :_HEAD]).any() or (each[:, _HEAD::size] != ord(tag)).any():
        return None
    return np.ndarray((len(columns), rows), layout, written, offset=2 * _HEAD + 1, strides=(step, size))


def _numbers(column: Sequence[Any], allowed: frozenset[type]) -> NDArray[Any]:
    """Read a column of numbers, null as NaN; raises Unusual where a value has another type than `allowed`."""
    if not allowed.issuperset(map(type, column)):
        raise Unusual
    return np.array(column, dtype=np.float64)
