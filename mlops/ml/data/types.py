"""The types a column can have: finding one by looking, and casting values to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

import polars as pl

from mlops.blocks.column_rule import ColumnType
from mlops.blocks.number_form import NumberForm
from mlops.files.truth_text import FALSE, NOUGHTS, ONES, TRUE
from mlops.ml.data import moments, numbers

if TYPE_CHECKING:
    from polars.datatypes import DataType, DataTypeClass

TYPES: tuple[ColumnType, ...] = get_args(ColumnType)
DTYPES: dict[ColumnType, DataType | DataTypeClass] = {
    "int": pl.Int64,
    "float": pl.Float64,
    "bool": pl.Boolean,
    "string": pl.String,
    "category": pl.String,
    "text": pl.String,
    "date": pl.Date,
    "datetime": pl.Datetime("us"),
    "image": pl.Binary,
}
_CATEGORIES = (50, 1_000)
"""A text column of at most so many texts is always a category if they repeat, one of more than so many never."""


@dataclass(frozen=True)
class Settled:
    """A column of one type: its values, how many would not become that type, and a remark for people.

    `unzoned` counts the times without a zone where others have one; `number` is how numbers of a text are written.
    """

    type: ColumnType
    values: pl.Series
    failed: int = 0
    note: str = ""
    unzoned: int = 0
    number: NumberForm | None = None


def settle(values: pl.Series, declared: ColumnType | None = None, number: NumberForm | None = None) -> Settled:
    """Cast to the declared type, or to the first type that every value fits; texts are numbers of a form."""
    if values.dtype != pl.String:
        return _native(values) if declared is None else _settled(declared, values)
    if declared is not None or values.null_count() == values.len():
        return _settled(declared or "string", values, number=number)
    values = composed(values)
    form = numbers.look(values) if number is None else number
    for candidate, note in _candidates(values, form):
        found = _settled(candidate, values, note, form)
        if found.failed == 0:
            return found
    return Settled(text_type(values), values)


def supported(dtype: DataType) -> bool:
    """Tell whether columns of a Polars type can be learnt from or kept at all."""
    return dtype.is_numeric() or isinstance(
        dtype, pl.Boolean | pl.String | pl.Categorical | pl.Enum | pl.Date | pl.Datetime | pl.Null
    )


def cast(values: pl.Series, to: ColumnType, number: NumberForm | None = None) -> pl.Series:
    """Cast values to a type; what does not fit becomes null. Numbers in texts are of one form, given or shown."""
    if isinstance(values.dtype, pl.Categorical | pl.Enum | pl.Null):
        values = values.cast(pl.String)
    if values.dtype == pl.String and to in ("int", "float"):
        form = number or numbers.look(values)
        values = values if form is None else numbers.read(values, form)
    return _CASTS[to](values).cast(DTYPES[to]).rename(values.name)


def _settled(to: ColumnType, values: pl.Series, note: str = "", number: NumberForm | None = None) -> Settled:
    if values.dtype == pl.String and to in ("int", "float"):
        number = number or numbers.look(values)
    result = cast(values, to, number)
    missing = values.null_count()
    if to == "float" and result.null_count() != missing:
        if values.dtype.is_float():
            missing += int(values.is_nan().sum())
        elif values.dtype == pl.String:
            missing += int(values.str.to_lowercase().str.strip_chars().is_in(["nan"]).sum())
    unzoned = moments.unzoned(values) if to == "datetime" and values.dtype == pl.String else 0
    return Settled(to, result, result.null_count() - missing, note, unzoned, number)


def _native(values: pl.Series) -> Settled:
    dtype = values.dtype
    if dtype.is_integer() or (isinstance(dtype, pl.Decimal) and dtype.scale == 0):
        whole = _settled("int", values)  # what 64 bits do not hold is no number but a name, as in a text
        return Settled("string", cast(values, "string")) if whole.failed else whole
    if isinstance(dtype, pl.Decimal) and _blurred(values):
        return Settled("string", cast(values, "string"))
    if dtype.is_numeric():
        return _settled("float", values)
    for to, kinds in (("bool", pl.Boolean), ("date", pl.Date), ("datetime", pl.Datetime)):
        if isinstance(dtype, kinds):
            return _settled(to, values)  # type: ignore[arg-type]  # the loop's literals are column types
    text = cast(values, "string")
    return Settled("category" if isinstance(dtype, pl.Categorical | pl.Enum) else text_type(text), text)


def _blurred(values: pl.Series) -> bool:
    """Tell whether decimals have so many digits that floats would take some for one: then they are names."""
    exact = values.drop_nulls().unique()
    return len(exact.cast(pl.Float64).unique()) < len(exact)


def _candidates(values: pl.Series, form: NumberForm | None) -> list[tuple[ColumnType, str]]:
    """List the types that a sample of the values fits, the narrowest first."""
    sample = values.drop_nulls().head(moments.SAMPLE)
    if is_code(values):
        return []
    kinds: tuple[ColumnType, ...] = ("int", "float")
    fitting = [(to, "") for to in kinds if _settled(to, sample, number=form).failed == 0]
    if fitting:
        return fitting
    ambiguous = "its dates are read day first" if moments.ambiguous(sample) else ""
    notes: dict[ColumnType, str] = {"bool": "", "date": ambiguous, "datetime": ambiguous}
    return [(to, note) for to, note in notes.items() if _settled(to, sample).failed == 0]


def is_code(values: pl.Series) -> bool:
    """Tell whether digits are a name, not a number: leading zeros, or too long for 64 bits."""
    return bool(values.str.contains(r"^\s*[+-]?(0\d+|\d{19,})\s*$").any())


def text_type(values: pl.Series) -> ColumnType:
    """Tell a category, whose texts repeat, from a text."""
    present = values.len() - values.null_count()
    distinct = values.drop_nulls().n_unique()
    few = max(_CATEGORIES[0], min(_CATEGORIES[1], present // 20))
    return "category" if present and distinct <= min(few, max(1, present // 2)) else "string"


def _to_int(values: pl.Series) -> pl.Series:
    if values.dtype.is_integer() or values.dtype == pl.Boolean:
        return values.cast(pl.Int64, strict=False)
    if values.dtype == pl.String:
        values = values.str.strip_chars()
        whole = values.cast(pl.Int64, strict=False)
        if whole.null_count() == values.null_count():
            return whole
        return whole.zip_with(whole.is_not_null(), _to_int(values.cast(pl.Float64, strict=False)))
    if not values.dtype.is_numeric():
        return _nothing(values, pl.Int64)
    if isinstance(values.dtype, pl.Decimal):
        return values.set(values != values.round(), None).cast(pl.Int64, strict=False)
    number = values.cast(pl.Float64)
    kept = number.set(~(number.is_finite() & (number == number.round()) & (number.abs() < 2**53)), None)
    return kept.cast(pl.Int64, strict=False)


def _to_float(values: pl.Series) -> pl.Series:
    if values.dtype == pl.String:
        values = values.str.strip_chars()
    elif not (values.dtype.is_numeric() or values.dtype == pl.Boolean):
        return _nothing(values, pl.Float64)
    if values.dtype == pl.Float64 and not values.is_nan().any():
        return values
    return values.cast(pl.Float64, strict=False).fill_nan(None)


def _to_bool(values: pl.Series) -> pl.Series:
    if values.dtype == pl.String:
        word = values.str.strip_chars().str.to_lowercase()
        truth = word.is_in([*TRUE, *ONES])
        return truth.set(~(truth | word.is_in([*FALSE, *NOUGHTS])), None)
    if values.dtype.is_numeric():
        number = values.cast(pl.Float64)
        return (number == 1).set(~number.is_in([0.0, 1.0]), None)
    return values if values.dtype == pl.Boolean else _nothing(values, pl.Boolean)


def _to_text(values: pl.Series) -> pl.Series:
    return composed(values.cast(pl.String))


def composed(text: pl.Series) -> pl.Series:
    """Compose letters and their accents (NFC): a decomposed `é` looks the same and would be another text."""
    plain = text.str.len_bytes().sum() == text.str.len_chars().sum()
    return text if plain else text.str.normalize("NFC")


def _to_date(values: pl.Series) -> pl.Series:
    if values.dtype == pl.String:
        return moments.days(values)
    if isinstance(values.dtype, pl.Datetime):
        day = values.dt.date()
        return day.set(values.dt.replace_time_zone(None) != day.cast(pl.Datetime("us")), None)
    return values if values.dtype == pl.Date else _nothing(values, pl.Date)


def _to_datetime(values: pl.Series) -> pl.Series:
    if values.dtype == pl.String:
        return moments.times(values)
    if isinstance(values.dtype, pl.Datetime):
        return moments.in_utc(values)
    return values.cast(pl.Datetime("us")) if values.dtype == pl.Date else _nothing(values, pl.Datetime("us"))


def _nothing(values: pl.Series, dtype: DataType | DataTypeClass) -> pl.Series:
    return pl.Series(values.name, [None], dtype=dtype).new_from_index(0, values.len())


def _to_image(values: pl.Series) -> pl.Series:
    """Keep pixels, which `ingest` made; nothing else becomes a picture."""
    return values if values.dtype == pl.Binary else _nothing(values, pl.Binary)


_CASTS: dict[ColumnType, Callable[[pl.Series], pl.Series]] = {
    "int": _to_int,
    "float": _to_float,
    "bool": _to_bool,
    "string": _to_text,
    "category": _to_text,
    "text": _to_text,
    "date": _to_date,
    "datetime": _to_datetime,
    "image": _to_image,
}
