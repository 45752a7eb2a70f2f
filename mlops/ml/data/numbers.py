"""Numbers in texts: the form that a column shows, and what each text says in it."""

from __future__ import annotations

import re
from itertools import product
from typing import Literal

import polars as pl

from mlops.blocks.number_form import NumberForm
from mlops.ml.data.moments import SAMPLE

_CODES = "USD EUR GBP JPY CHF CAD AUD CNY INR SEK NOK DKK PLN CZK HUF RUB TRY BRL MXN ZAR KRW SGD HKD NZD"
_UNIT = rf"[A-Z]{{0,2}}\p{{Sc}}|{_CODES.replace(' ', '|')}|kr|zł|Kč|Ft"
_BLANK = r"[\s\u00a0\u2009\u202f]*"
_SIGN = "[-+\u2212]?"
_NUMBER = "(?:[0-9]+(?:[.,][0-9]+)?|[0-9]{1,3}(?:[.,'\u2019 \u00a0\u2009\u202f][0-9]{3})+(?:[.,][0-9]+)?)"
_LOOSE = (
    rf"^{_BLANK}\(?{_BLANK}{_SIGN}{_BLANK}(?:{_UNIT})?{_BLANK}{_SIGN}{_BLANK}{_NUMBER}"
    rf"{_BLANK}%?{_BLANK}(?:{_UNIT})?{_BLANK}\)?{_BLANK}$"
)
_CODE = r"^[^0-9]*0[0-9]"
_PLAIN = r"^\s*[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?\s*$"
_Way = tuple[Literal[".", ","], Literal[",", ".", " ", "'"] | None]
_WAYS: tuple[_Way, ...] = ((",", "."), (".", ","), (".", " "), (",", " "), (".", "'"), (",", "'"))
"""Thousands after, decimal sign before: `1.299,99`, `1,299.99`, `1 299.99`, ..."""


def look(text: pl.Series) -> NumberForm | None:
    """Find the one form that all texts have; None where they are plain, or no form is the only one."""
    sample = text.drop_nulls().head(SAMPLE)
    if sample.is_empty() or sample.str.contains(_PLAIN).all() or not loose(sample).all() or _doubtful(text):
        return None
    return next((form for form in _forms(text) if read(text, form).null_count() == text.null_count()), None)


def doubt(text: pl.Series) -> str:
    """Say why a text column that looks like numbers is none; empty of any other."""
    present = text.drop_nulls()
    numbers = int(loose(present).sum())
    plain = bool(present.str.contains(_PLAIN).all())
    if plain or numbers < present.len() or look(text) is not None:
        return ""
    sign = _doubtful(text)
    if sign:
        decimal = f'{{decimal: "{sign}"}}'
        thousands = '{decimal: ",", thousands: "."}' if sign == "." else f'{{thousands: "{sign}"}}'
        return (
            f"`{text.name}` may be written with a `{sign}` between thousands or before a fraction: write "
            f"`number: {thousands}` or `number: {decimal}` for it, under `columns:`"
        )
    return f"`{text.name}` looks like numbers that are not all written in one way: correct them"


def loose(text: pl.Series) -> pl.Series:
    """Tell which texts look like numbers, whatever their form; with zeros in front they are codes."""
    return text.str.contains(_LOOSE) & ~text.str.contains(_CODE)


def _doubtful(text: pl.Series) -> str:
    """Give the sign that may stand between thousands or before a fraction: once, before three digits, as in `1,299`.

    A point is a decimal point but in an amount of money.
    """
    for sign, other in ((",", "."), (".", ",")):
        signed = text.filter(text.str.contains(sign, literal=True))
        once = signed.str.contains(rf"^[^0-9]*[1-9][0-9]{{0,2}}{re.escape(sign)}[0-9]{{3}}[^0-9]*$")
        money = sign == "," or bool(text.str.contains(_UNIT).any())
        if money and signed.len() and bool(once.all()) and not text.str.contains(other, literal=True).any():
            return sign
    return ""


def read(text: pl.Series, form: NumberForm) -> pl.Series:
    """Spell numbers of a form as every reader knows them, as `NumberText.plain` does; others become null."""
    groups = text.str.extract_groups(f"^(?:{form.text.pattern})$").struct.unnest()
    opened, first, second, whole, fraction, closed = groups.get_columns()
    fits = whole.is_not_null() & ((opened == "") == (closed == "")) & ((first == "") | (second == ""))
    if form.currency is not None:
        fits &= text.str.contains(form.currency, literal=True)
    minus = (opened == "(") != ((first + second).is_in(["-", "\u2212"]))
    digits = whole.str.replace_all(r"[^0-9]", "")
    point = ("." + fraction).fill_null("")
    sign = pl.select(pl.when(minus).then(pl.lit("-")).otherwise(pl.lit(""))).to_series()
    return (sign + digits + point).set(~fits.fill_null(value=False), None).rename(text.name)


def _forms(text: pl.Series) -> list[NumberForm]:
    """List the forms that the first texts may have, those without thousands first."""
    sample = text.drop_nulls().head(SAMPLE)
    units = sample.str.extract(f"({_UNIT})").unique().to_list()
    if len(units) > 1:
        return []
    percent = bool(sample.str.contains("%", literal=True).any())
    plain: tuple[_Way, ...] = ((".", None), (",", None))
    return [
        NumberForm(decimal=decimal, thousands=thousands, percent=percent, currency=unit)
        for (decimal, thousands), unit in product((*plain, *_WAYS), units)
    ]
