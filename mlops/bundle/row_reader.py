"""Rows as clients spell them, made into what a request schema holds them against.

What the file of the data spells is accepted: `1.299,99 €`, `31.12.2024`, `Yes`, blanks and `NA` for a missing value,
the number of a code. Columns of the file that the model does not read may be there: keys stay with the row, for the
log, the others are left out. What cannot be read stays as it was sent, for the schema to refuse.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from mlops.bundle import picture_text
from mlops.bundle.recipe_items import DATED, TEXT
from mlops.expressions import timestamps
from mlops.files.moment_text import MomentText
from mlops.files.number_text import NumberText
from mlops.files.truth_text import truth

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlops.bundle.recipe import Recipe
    from mlops.bundle.schema import Field, RequestSchema

_Read = Callable[[Any], Any]
_LARGEST = 2**63
_PLAIN = NumberText()


class RowReader:
    """Reads rows for one schema; `recipe` says how the levels of a text are spelt, and what the target is called."""

    def __init__(self, schema: RequestSchema, recipe: Recipe) -> None:
        levels = {item.column: item.levels for item in recipe.categories}
        nulls = frozenset(schema.nulls or ())
        self._reads: list[tuple[str, tuple[type, ...], _Read]] = [
            (field.name, _NATIVE.get(field.type, ()), _reader(field, nulls, levels.get(field.name, ())))
            for field in schema.fields
            if field.type not in TEXT or nulls or levels.get(field.name)
        ]
        self._apart = {*schema.ignored, recipe.target.name} - {field.name for field in schema.fields} - {*schema.keys}

    def read(self, rows: Sequence[Any]) -> list[Any]:
        """Read rows; what is no object of fields stays as it is."""
        return [self._row(row) if isinstance(row, dict) else row for row in rows]

    def _row(self, row: dict[str, Any]) -> dict[str, Any]:
        """Give the very row where nothing of it is to be read."""
        changed: dict[str, Any] = {}
        for name, native, read in self._reads:
            value = row.get(name)
            if value is not None and type(value) not in native:
                found = read(value)
                if found is not value:
                    changed[name] = found
        if not self._apart.isdisjoint(row):
            row = {name: value for name, value in row.items() if name not in self._apart}
        return {**row, **changed} if changed else row


_NATIVE: Mapping[str, tuple[type, ...]] = {"int": (int,), "float": (float, int), "bool": (bool,)}
"""JSON types of which every value is itself."""


def _reader(field: Field, nulls: frozenset[str], levels: Sequence[str]) -> _Read:
    """Give what reads the values of a field; what it cannot read it gives back as it is."""
    if field.type in TEXT:
        return _text(nulls, frozenset(levels))
    if field.picture is not None:
        return partial(_picture, field.picture)
    read = _bool if field.type == "bool" else _moment(field) if field.type in DATED else _number(field)

    def of_text(value: Any) -> Any:
        return None if isinstance(value, str) and (value in nulls or not value.strip()) else read(value)

    return of_text


def _picture(form: picture_text.PictureForm, value: Any) -> Any:
    """Read a picture as bytes of its pixels; one that cannot be read becomes what is wrong with it."""
    return None if isinstance(value, str) and not value.strip() else picture_text.read(value, form)


def _text(nulls: frozenset[str], levels: frozenset[str]) -> _Read:
    """Read a text; a number is a code, spelt as the levels are. Zeros in front are nothing that a number can say."""
    zeros = any(level.isdecimal() and level[0] == "0" and len(level) > 1 for level in levels)

    def read(value: Any) -> Any:
        if isinstance(value, str):
            return None if value in nulls else value
        if type(value) not in (int, float) or zeros or not -_LARGEST < value < _LARGEST:
            return value
        whole = f"{int(value)}" if value == int(value) else repr(value)
        return f"{whole}.0" if whole not in levels and f"{whole}.0" in levels else whole

    return read


def _number(field: Field) -> _Read:
    """Read a number of the file's form, else of plain digits."""
    form = _PLAIN if field.number is None else field.number
    whole = field.type == "int"

    def read(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        text = form.plain(value)
        if text is None:
            return _exponent(value) if form is _PLAIN else value
        return int(text) if whole and "." not in text else float(text)

    return read


def _exponent(text: str) -> Any:
    """Read what Python knows for a number and people seldom write: `1e-7`, `.5`; `nan` is missing."""
    if "_" in text or not text.isascii():
        return text
    try:
        number = float(text)
    except ValueError:
        return text
    return number if number == number else None  # noqa: PLR0124 - NaN differs from itself


def _bool(value: Any) -> Any:
    if isinstance(value, str):
        found = truth(value)
        return value if found is None else found
    return bool(value) if type(value) in (int, float) and value in (0, 1) else value


def _moment(field: Field) -> _Read:
    """Read a date or time of the file's form, else of ISO 8601; one that is there already stays as it is."""
    form = None if field.style is None else MomentText(field.style)
    parse = timestamps.parse_date if field.type == "date" else timestamps.parse_datetime

    def read(value: Any) -> Any:
        text = str(value) if type(value) is int and field.style == "%Y%m%d" else value
        if not isinstance(text, str):
            return value
        moment = None if form is None else form.read(text)
        if moment is not None:
            return (moment.date() if field.type == "date" else moment).isoformat()
        plain = text.strip()
        for ending in ("UTC", "GMT"):  # as BigQuery exports times: Python knows `Z` alone
            if plain.endswith(ending):
                plain = f"{plain.removesuffix(ending).rstrip()}Z"
        try:
            parse(plain)
        except (ValueError, OverflowError):
            return value
        return value if plain == value else plain

    return read
