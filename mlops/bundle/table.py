"""The raw arrays a transform starts from, read alike from the columns of a table and from the rows of a request.

Nothing here knows a table library: whoever has tables hands their columns over as arrays (`mlops.stages.tables`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mlops.bundle.recipe_items import IMAGE, TEXT
from mlops.expressions import steps, timestamps
from mlops.expressions.steps import condition
from mlops.expressions.texts import composed
from mlops.expressions.values import Moments, Texts, texts
from mlops.pictures.pixels import Pictures

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mlops.bundle.recipe import Recipe
    from mlops.expressions.values import Column


LARGEST = float(2**63)
"""Numbers beyond are looked at again: whole ones do not fit, and JSON's readers do not agree on them."""
_FEW = 8_192  # numbers: a product of more wakes every processor, and costs more of them than it saves
Row = Mapping[str, Any]
"""A row as a request spells it: JSON values by field."""


@dataclass(frozen=True)
class Columns:
    """The columns of some rows by name.

    Numbers are NaN where missing; moments are microseconds since 1970 in UTC, `timestamps.MISSING` where there is none.
    """

    rows: int
    numbers: Mapping[str, NDArray[np.float64]]
    moments: Mapping[str, NDArray[np.int64]]
    texts: Mapping[str, Texts]
    pictures: Mapping[str, Pictures] = field(default_factory=dict)

    def column(self, name: str) -> Column:
        """Give a column, as expressions take it."""
        if name in self.numbers:
            return self.numbers[name]
        return self.texts[name] if name in self.texts else Moments(self.moments[name])

    def joined(self, more: Mapping[str, Column]) -> Columns:
        """Set columns that were computed beside these."""
        return Columns(
            self.rows,
            {**self.numbers, **{name: each for name, each in more.items() if isinstance(each, np.ndarray)}},
            {**self.moments, **{name: each.at for name, each in more.items() if isinstance(each, Moments)}},
            {**self.texts, **{name: each for name, each in more.items() if isinstance(each, Texts)}},
            self.pictures,
        )


class Table(NamedTuple):
    """`numbers` [n, k] float64 with NaN for missing; `codes` [n, m]: a level's position, then other, then null.

    `texts` and `pictures` stand in the order of the recipe's.
    """

    numbers: NDArray[np.float64]
    codes: NDArray[np.int64]
    texts: tuple[Texts, ...] = ()
    pictures: tuple[Pictures, ...] = ()


class Reader:
    """Reads the columns of one recipe; both ways give the same bits."""

    def __init__(self, recipe: Recipe) -> None:
        self._types = recipe.types
        self._steps = recipe.steps
        self._inputs = steps.inputs(self._steps)
        self._where = None if recipe.where is None else condition(recipe.where.expression, self._types)
        self._given = tuple(column.name for column in recipe.columns)
        numbers = [(item.column, item.part) for item in recipe.numbers]
        self.plain = list(dict.fromkeys(name for name, part in numbers if part is None))
        """Columns that are read as numbers."""
        parts = list(dict.fromkeys((name, part) for name, part in numbers if part is not None))
        self.dated = list(dict.fromkeys(name for name, _ in parts))
        """Columns of which parts of a date are read."""
        self._parts = [(self.dated.index(name), part) for name, part in parts]
        self._numbers = _picked(numbers, [*((name, None) for name in self.plain), *parts])
        coded = [(item.column, item.levels) for item in recipe.categories]
        known = list(dict.fromkeys(coded))
        self.codes = [
            (name, {level: code for code, level in enumerate(levels)} | {None: len(levels) + 1})
            for name, levels in known
        ]
        """Columns of texts, with the code of each level."""
        self._pictures = [(item.column, item.count) for item in recipe.pictures]
        self._categories = _picked(coded, known)
        self._texts = tuple(item.column for item in recipe.texts)
        self.one_to_one = self._numbers is None and self._categories is None
        """Each number and category of the recipe has a column of its own, in the order of those."""

    def from_rows(self, rows: Sequence[Row]) -> Table:
        """Read rows that a request's schema has accepted."""
        if self._steps:
            return self.from_columns(self._columns(rows))
        plain = np.array([[row[name] for name in self.plain] for row in rows], dtype=np.float64)
        codes = [[code_of(row[name], codes) for name, codes in self.codes] for row in rows]
        dated = [self._moments(name, [row[name] for row in rows]) for name in self.dated]
        return self._table(
            self._with_parts(plain.reshape(len(rows), len(self.plain)), dated),
            np.array(codes, dtype=np.int64).reshape(len(rows), len(self.codes)),
            tuple(_texts([row[name] for row in rows]) for name in self._texts),
            self._pixels(rows),
        )

    def from_columns(self, columns: Columns) -> Table:
        """Read columns, among them all that must be given; what is made of them is computed here."""
        columns = self._with_made(columns) if self._steps else columns
        plain = np.empty((len(self.plain), columns.rows)).T  # a column is written at once where it is in one piece
        for index, name in enumerate(self.plain):
            plain[:, index] = columns.numbers[name]
        codes = np.empty((len(self.codes), columns.rows), dtype=np.int64).T
        for index, (name, known) in enumerate(self.codes):
            codes[:, index] = _coded(columns.texts[name], known)
        dated = [columns.moments[name] for name in self.dated]
        sentences = tuple(columns.texts[name] for name in self._texts)
        pictures = tuple(columns.pictures[name] for name, _ in self._pictures)
        return self._table(self._with_parts(plain, dated), codes, sentences, pictures)

    def _table(
        self,
        numbers: NDArray[np.float64],
        codes: NDArray[np.int64],
        sentences: tuple[Texts, ...],
        pictures: tuple[Pictures, ...],
    ) -> Table:
        """Give each number and category of the recipe its column; what two of them read was read once."""
        return Table(
            numbers if self._numbers is None else numbers[:, self._numbers],
            codes if self._categories is None else codes[:, self._categories],
            sentences,
            pictures,
        )

    def table(self, plain: NDArray[np.float64], codes: NDArray[np.int64], moments: NDArray[np.int64]) -> Table:
        """Make a table of what somebody else read: a column each of `plain`, `codes` and `dated`, in their order."""
        return self._table(self._with_parts(plain, list(moments.T)) if self._parts else plain, codes, (), ())

    def outside(self, rows: Sequence[Row]) -> list[int]:
        """List the positions of rows that are none of those that the transform is for, or not known to be."""
        if self._where is None or not rows:
            return []
        columns = self._columns(rows)
        columns = self._with_made(columns) if self._steps else columns
        given = {name: columns.column(name) for name in self._where.reads}
        truth = steps.computed([self._where], given, len(rows))[steps.WHERE]
        return [position for position, value in enumerate(np.asarray(truth).tolist()) if value != 1]

    def _columns(self, rows: Sequence[Row]) -> Columns:
        """Put the values of rows into columns, as a table has them."""
        numbers: dict[str, NDArray[np.float64]] = {}
        moments: dict[str, NDArray[np.int64]] = {}
        words: dict[str, Texts] = {}
        for name in self._given:
            values = [row[name] for row in rows]
            if self._types[name] in ("date", "datetime"):
                moments[name] = self._moments(name, values)
            elif self._types[name] in TEXT:
                words[name] = _texts(values)
            elif self._types[name] != IMAGE:
                numbers[name] = np.array(values, dtype=np.float64)
        pictures = {name: found for (name, _), found in zip(self._pictures, self._pixels(rows), strict=True)}
        return Columns(len(rows), numbers, moments, words, pictures)

    def _pixels(self, rows: Sequence[Row]) -> tuple[Pictures, ...]:
        return tuple(Pictures.of([row[name] for row in rows], count) for name, count in self._pictures)

    def _with_made(self, columns: Columns) -> Columns:
        """Compute what is made of the columns."""
        given = {name: columns.column(name) for name in self._inputs}
        made = steps.computed(self._steps, given, columns.rows)
        found = {step.name: made[step.name] for step in self._steps}
        return columns.joined(found)

    def _moments(self, name: str, texts: list[str | None]) -> NDArray[np.int64]:
        parse = timestamps.parse_date if self._types[name] == "date" else timestamps.parse_datetime
        return np.array([timestamps.MISSING if text is None else parse(text) for text in texts], dtype=np.int64)

    def _with_parts(self, plain: NDArray[np.float64], dated: list[NDArray[np.int64]]) -> NDArray[np.float64]:
        if not self._parts:
            return plain
        return np.concatenate([plain, timestamps.parts_of(np.stack(dated, axis=1), self._parts)], axis=1)


def within(numbers: NDArray[np.float64]) -> bool:
    """Tell whether no number is beyond `LARGEST`; NaN, which stands for a missing one, is not."""
    flat = numbers.ravel(order="K")
    if flat.size < _FEW and flat @ flat < LARGEST:  # which NaN is not: one product, and most need no second look
        return True
    return bool(np.fmax.reduce(flat, initial=0.0) < LARGEST and np.fmin.reduce(flat, initial=0.0) > -LARGEST)


def _texts(values: Sequence[str | None]) -> Texts:
    """Read texts of requests with letters and accents composed (NFC), as training read them."""
    return texts([None if value is None else composed(value) for value in values])


def _picked(wanted: Sequence[Any], known: Sequence[Any]) -> NDArray[np.int64] | None:
    """Say where in `known` each of `wanted` stands; None where they are the same."""
    if list(wanted) == list(known):
        return None
    places = {each: place for place, each in enumerate(known)}
    return np.array([places[each] for each in wanted], dtype=np.int64)


def code_of(value: str | None, codes: Mapping[str | None, int]) -> int:
    """Look a text up as it is, else with letters and accents composed (NFC), as training read it."""
    code = codes.get(value)
    if code is None and value is not None and not value.isascii():
        code = codes.get(composed(value))
    return len(codes) - 1 if code is None else code


def _coded(texts: Texts, codes: Mapping[str | None, int]) -> NDArray[np.int64]:
    """Look each value up once, however many rows have it."""
    of_values = [code_of(value, codes) for value in texts.values]
    found: NDArray[np.int64] = np.array([*of_values, codes[None]], dtype=np.int64)[texts.positions]
    return found
