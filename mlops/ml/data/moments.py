"""Dates and times in texts: the form that a column shows, its zone, and what each text says in UTC."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from mlops.files.moment_text import MomentText

if TYPE_CHECKING:
    from mlops.blocks.column_rule import ColumnType

DATES = ("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%Y%m%d")
_CLOCKS = ("%H:%M:%S%.f", "%H:%M", "%I:%M:%S %p", "%I:%M %p")
DATETIMES = tuple(
    f"{day}{joint}{clock}"
    for day, joint in (("%Y-%m-%d", "T"), *((day, " ") for day in DATES[:5]))
    for clock in _CLOCKS[: 2 if joint == "T" else 4]
)
SAMPLE = 2_000
"""Values that are looked at to find a form."""
_MOMENT = pl.Datetime("us")
_DIGITS_ONLY = "%Y%m%d"
_FIRST_YEAR = 1000
_ZONE = r"^(.*\d:\d\d(?::\d\d(?:\.\d+)?)?(?: ?[AaPp][Mm])?)(\s*)([Zz]|UTC|GMT|[+-]\d\d(?::?\d\d)?)$"
"""A clock, blanks, and a zone: `2024-01-01 00:00:00 UTC` as BigQuery exports it, `...T00:00:00+02:00`."""
_NAMED_ZONE = (
    r"^\s*\d.*\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?\s?"
    r"(\[[A-Za-z_+-]+(?:/[A-Za-z_+-]+)*\]|[A-Z]{3,5}|[A-Z][a-z]+(?:/[A-Z][A-Za-z_]+)+)\s*$"
)
"""A clock and the name of a zone, which may mean several: `... 08:30 CET`, `...T08:30:00+01:00[Europe/Berlin]`."""
_ISO = r"^(\d{4}-\d\d-\d\d) "


def days(text: pl.Series) -> pl.Series:
    """Read dates by the one form that fits most; what has another becomes null."""
    return _read(text.str.strip_chars(), DATES, pl.Date)


def times(text: pl.Series) -> pl.Series:
    """Read times by the one form that fits most; those with a zone become UTC, one without is taken as written.

    Those with a zone have a form of their own: `2026-11-22` may stand below `2026-11-21T08:30:00Z`.
    """
    clocks, zone = _apart(text.str.strip_chars())
    forms, zoned = (*DATETIMES, *DATES[:-1]), zone.is_not_null()
    if not zoned.any():
        return _read(clocks, forms, _MOMENT)
    bare = _read(clocks.set(zoned, None), forms, _MOMENT)
    found = _read(clocks.set(~zoned, None), forms, _MOMENT).zip_with(zoned, bare)
    sign, hours = zone.str.extract(r"^([+-])(\d\d)", 1), zone.str.extract(r"^[+-](\d\d)").cast(pl.Int64)
    minutes = hours * 60 + zone.str.extract(r"^[+-]\d\d:?(\d\d)").cast(pl.Int64).fill_null(0)
    minutes = minutes.zip_with((sign == "-").fill_null(value=False), -minutes).fill_null(0)
    return found + (minutes * 60_000_000).cast(pl.Duration("us"))


def unzoned(text: pl.Series) -> int:
    """Count the times without a zone in a column where others have one."""
    zone = _apart(text.str.strip_chars())[1]
    return zone.null_count() - text.null_count() if zone.null_count() < zone.len() else 0


def named_zone(text: pl.Series) -> str:
    """Give the first name of a zone where all texts are times that have one, as no offset; empty elsewhere.

    >>> named_zone(pl.Series(["2024-01-01 08:30 CET", "2024-07-01 08:30 CEST"]))
    'CET'
    """
    found = text.str.extract(_NAMED_ZONE)
    return "" if found.is_empty() or found.null_count() else str(found[0])


def in_utc(moments: pl.Series) -> pl.Series:
    """Give moments that have a zone as those of UTC, without one; others, and dates, as they are."""
    zoned = isinstance(moments.dtype, pl.Datetime) and moments.dtype.time_zone is not None
    return moments.dt.convert_time_zone("UTC").dt.replace_time_zone(None) if zoned else moments


def ambiguous(text: pl.Series) -> bool:
    """Tell whether all texts could be read day first and month first, with another result."""
    clocks = _apart(text.str.strip_chars())[0]
    if not clocks.str.contains(r"^\d+/\d+/\d{4}").all():
        return False
    first, second = (
        _read(clocks, [form, *(f"{form} {clock}" for clock in _CLOCKS)], _MOMENT) for form in ("%d/%m/%Y", "%m/%d/%Y")
    )
    return first.null_count() == second.null_count() == 0 and not first.equals(second)


def style(text: pl.Series, to: ColumnType) -> str | None:
    """Name the form in which all texts, without blanks around them, are read; None where there is no one form.

    It ends with the zone where they have one, which is then UTC: moments are spelt in it.
    """
    clocks, zone = _apart(text) if to == "datetime" else (text, None)
    form = _style(clocks, DATES if to == "date" else (*DATETIMES, *DATES[:-1]), _dtype(to))
    if _in_form(clocks, form, _dtype(to)).null_count() > text.null_count():
        return None
    if zone is None or zone.null_count() == zone.len():
        return form
    ends = text.drop_nulls().str.extract(_ZONE, 2) + text.drop_nulls().str.extract(_ZONE, 3)
    if ends.null_count():
        return None
    commonest: str = ends.str.replace(r"\s*[+-]\d\d.*$", "Z").mode().sort()[0]
    return form + commonest


def own_form(text: pl.Series, to: ColumnType) -> str | None:
    """Name the form that most texts are read by, without a zone; None where it is one of ISO 8601."""
    text = text.str.strip_chars()
    clocks, forms = (text, DATES) if to == "date" else (_apart(text)[0], (*DATETIMES, *DATES[:-1]))
    form = _style(clocks, forms, _dtype(to))
    return None if MomentText(form).iso else form


def in_style(text: pl.Series, to: ColumnType, form: str) -> pl.Series:
    """Read texts of one form as dates or times; what has another becomes null."""
    return _in_form(text, form, _dtype(to))


def _apart(text: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Divide texts into the clock and the zone, null where there is none."""
    zone = text.str.extract(_ZONE, 3)
    if zone.null_count() == zone.len():
        return text, zone
    clock = text.str.extract(_ZONE, 1)
    return clock.zip_with(clock.is_not_null(), text).str.replace(_ISO, "${1}T"), zone


def _dtype(to: ColumnType) -> type[pl.Date] | pl.Datetime:
    return pl.Date if to == "date" else _MOMENT


def _read(text: pl.Series, formats: Sequence[str], dtype: type[pl.Date] | pl.Datetime) -> pl.Series:
    return _in_form(text, _style(text, formats, dtype), dtype)


def _in_form(text: pl.Series, form: str, dtype: type[pl.Date] | pl.Datetime) -> pl.Series:
    found = text.str.strptime(dtype, form, strict=False)
    return found.set(found.dt.year() < _FIRST_YEAR, None)  # `3/4/20` is not the year 20


def _style(text: pl.Series, formats: Sequence[str], dtype: type[pl.Date] | pl.Datetime) -> str:
    """Find the form that fits most values; compact dates must have eight digits."""
    sample, best, fewest = text.drop_nulls().head(SAMPLE), formats[0], text.len() + 1
    halves = bool(sample.str.contains(r"[Mm]$").any())
    for form in (form for form in formats if halves or not form.endswith("%p")):
        source = sample.filter(sample.str.contains(r"^\d{8}$")) if form == _DIGITS_ONLY else sample
        found = source.str.strptime(dtype, form, strict=False)
        failed = sample.len() - int((found.dt.year() >= _FIRST_YEAR).sum())
        if failed < fewest:
            best, fewest = form, failed
    return best
