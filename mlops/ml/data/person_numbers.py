"""Numbers that name or pay one person, told by their form and their check digits; python-stdnum knows how these go.

Of each form there is one line, so that only a text that looks like it is checked, and only then is its module imported.
Numbers without a check digit, or of a form that many other numbers have, are not among them: their column's name says
what they are.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_SEPARATORS = re.compile(r"[\s./-]")
_BRITISH = re.compile(r"[A-CEGHJ-PR-TW-Z]{2}\d{6}[A-D]")
"""National insurance number of the United Kingdom, which has no check digit but a form of its own."""
_AMERICAN = re.compile(r"\d{3}-\d{2}-\d{4}")
"""Social security number of the United States: nine digits without its hyphens may be anything."""
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_CARD = re.compile(r"\d{13,19}")
_NATIONAL: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (re.compile(r"\d{8}[A-Z]"), ("es.dni",)),
    (re.compile(r"[XYZ]\d{7}[A-Z]"), ("es.nie",)),
    (re.compile(r"[A-Z]{6}[A-Z0-9]{2}[A-Z][A-Z0-9]{2}[A-Z][A-Z0-9]{3}[A-Z]"), ("it.codicefiscale",)),
    (re.compile(r"[A-Z]{4}\d{6}[A-Z]{6}[A-Z0-9]\d"), ("mx.curp",)),
    (re.compile(r"[12]\d{4}(\d\d|2[AB])\d{8}"), ("fr.nir",)),
    (re.compile(r"\d{17}[\dX]"), ("cn.ric",)),
    (re.compile(r"756\d{10}"), ("ch.ssn",)),
    (re.compile(r"\d{13}"), ("ro.cnp", "za.idnr")),
    (re.compile(r"\d{12}"), ("in_.aadhaar", "se.personnummer")),
    (re.compile(r"\d{11}"), ("be.nn", "br.cpf", "de.idnr", "no.fodselsnummer", "pl.pesel", "tr.tckimlik")),
    (re.compile(r"\d{10}"), ("bg.egn", "gb.nhs", "se.personnummer")),
    (re.compile(r"\d{9}"), ("nl.bsn",)),
)
_FINNISH = re.compile(r"\d{6}[-+A-FU-Y]\d{3}[\dA-Z]")
"""Its sign says the century, and is no separator."""


def is_account(text: str) -> bool:
    """Tell an IBAN (ISO 13616), or the number of a card (ISO/IEC 7812).

    >>> is_account("DE89 3704 0044 0532 0130 00"), is_account("5500 0055 5555 5559"), is_account("1700000000000")
    (True, True, False)
    """
    plain = _SEPARATORS.sub("", text)
    if _IBAN.fullmatch(plain):
        return bool(_module("iban").is_valid(plain, check_country=False))  # what a bank makes of its part is its own
    return _CARD.fullmatch(plain) is not None and len(set(plain)) > 2 and bool(_module("luhn").is_valid(plain))


def is_national(text: str) -> bool:
    """Tell a number that a state gives to a person.

    >>> is_national("54362315-K"), is_national("390.533.447-05"), is_national("123456789")
    (True, True, False)
    """
    if _AMERICAN.fullmatch(text):
        return _is("us.ssn", text)
    if _FINNISH.fullmatch(text) and _is("fi.hetu", text):
        return True
    plain = _SEPARATORS.sub("", text).upper()
    if _BRITISH.fullmatch(plain):
        return True
    return any(_is(name, plain) for form, names in _NATIONAL if form.fullmatch(plain) for name in names)


def _is(name: str, text: str) -> bool:
    return bool(_checked(name)(text))


@cache
def _checked(name: str) -> Callable[[str], object]:
    found: Callable[[str], object] = _module(name).is_valid
    return found


@cache
def _module(name: str) -> Any:
    return import_module(f"stdnum.{name}")
