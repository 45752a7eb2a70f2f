"""Columns that name, reach or pay a person: told by what their values are made of, else by their names.

What only says where somebody lives, or when they were born, is not among them: it is asked about (`doubt`).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from mlops.blocks.column_rule import TEXTS
from mlops.ml.data.names import apart
from mlops.ml.data.person_numbers import is_account, is_national

if TYPE_CHECKING:
    import polars as pl

    from mlops.blocks.column_rule import ColumnType

_SAMPLE = 1_000
_MOST, _MANY = 0.8, 0.6
_FEWEST = 10
"""Values that differ: fewer are answers such as `yes` to whether there is a telephone."""

IDENTIFYING = ("e-mail addresses", "telephone numbers", "national numbers", "accounts")
"""What is another for each person, so that rows with the same are of one."""

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")
_EXTENSION = r"(\s*(x|ext\.?|extn\.?|#)\s*\d{1,6})?"
_PHONE = re.compile(rf"(\+|\()[\d\s()./-]{{6,20}}\d{_EXTENSION}", re.IGNORECASE)
_DIALLED = re.compile(rf"\+?[\d\s()./-]{{5,20}}\d{_EXTENSION}", re.IGNORECASE)
_WORD = r"[A-ZÀ-ÖØ-Þ][\w.'’-]*"
_FULL_NAME = re.compile(rf"{_WORD}(,?\s{_WORD}){{1,4}}")


def _named(words: str) -> re.Pattern[str]:
    return re.compile(rf"(^|[ _.-])({words})($|[ _.-])", re.IGNORECASE)


_NAMES: dict[str, re.Pattern[str]] = {
    "e-mail addresses": _named(r"e[ _-]?mails?|mail|email[ _-]?address"),
    "telephone numbers": _named(r"(tele)?phones?([ _-]?(no|nr|number))?|tel|mobile|cell[ _-]?phone|fax|telefon|handy"),
    "national numbers": _named(
        r"ssn|social[ _-]security([ _-](no|nr|number))?|passport([ _-]?(no|nr|number))?|national[ _-]?(id|number)"
        r"|tax[ _-]?(id|number|no)|nhs[ _-]?(no|number)|dni|nif|pesel|cpf|aadhaar|codice[ _-]fiscale"
    ),
    "accounts": _named(r"iban|(credit[ _-]?)?card[ _-]?(no|nr|number)|account[ _-]?number"),
    "names": _named(
        r"(first|last|middle|given|family|full|maiden|user|contact|customer|patient|client|employee|person)[ _-]?name"
        r"|surname|forename|vorname|nachname|prenom|prénom|apellidos?|cognome"
    ),
    "passwords": _named(r"password|passwd|pwd"),
    "street addresses": _named(
        r"street([ _-]?(name|address))?|(home|postal|billing|mailing)[ _-]address|address|strasse"
    ),
}
_NAME = re.compile(
    r"(name|author|owner|contact|holder|customer|client|patient|employee|student|passenger|guest|person)([ _.-]?name)?",
    re.IGNORECASE,
)

_ASKED: dict[str, re.Pattern[str]] = {
    "tells when somebody was born": _named(
        r"birth[ _-]?(day|date|year)|(date|day|year)[ _-]of[ _-]birth|dob|born|geburtsdatum"
    ),
    "may tell where somebody lives": _named(
        r"lat|latitude|lon|lng|longitude|zip([ _-]?code)?|post(al)?[ _-]?code|plz|postcode"
    ),
}


def found(values: pl.Series, kind: ColumnType) -> str | None:
    """Say what of persons a typed column holds, in the plural; None where it holds nothing of the sort.

    >>> import polars as pl
    >>> found(pl.Series("contact", ["ann@a.org", "bob@b.org"]), "string")
    'e-mail addresses'
    """
    known = values.drop_nulls()
    some = known.gather_every(max(1, known.len() // (_SAMPLE * 5)))  # unique values of all cost too much
    texts = _texts(some.unique(maintain_order=True).head(_SAMPLE), kind)
    if not texts:
        return None
    name = apart(values.name)
    for what, looks in _LOOKS.items():
        if _mostly(looks, texts) and (kind in TEXTS or what in ("accounts", "national numbers")):
            return what
    return None if len(texts) < _FEWEST else _by_name(name, texts, kind)


def doubt(name: str) -> str | None:
    """Ask about a column that is learnt from and may tell who somebody is; None where its name does not say so."""
    for what, pattern in _ASKED.items():
        if pattern.search(apart(name)):
            return f"`{name}` {what}: it is learnt from; write `personal: true` in its rule to leave it out"
    return None


def _texts(values: pl.Series, kind: ColumnType) -> list[str]:
    """Spell texts and whole numbers, which gaps may have made floats of; others name nobody."""
    if kind == "float" and bool((values % 1 == 0).all()):
        return [f"{value:.0f}" for value in values.to_list()]
    return [str(value).strip() for value in values.to_list()] if kind in (*TEXTS, "int") else []


def _by_name(name: str, texts: list[str], kind: ColumnType) -> str | None:
    for what, pattern in _NAMES.items():
        if pattern.search(name) and (what != "telephone numbers" or _mostly(_DIALLED.fullmatch, texts)):
            return what if kind in TEXTS or what in IDENTIFYING else None
    people = kind in TEXTS and _NAME.fullmatch(name) and _mostly(_is_full_name, texts, _MANY)
    return "names" if people else None


def _mostly(looks: Callable[[str], object], texts: list[str], share: float = _MOST) -> bool:
    """Tell whether so large a share of texts looks like it; no further than it takes to know that not."""
    left = len(texts) - share * len(texts)
    for text in texts:
        left -= not looks(text)
        if left < 0:
            return False
    return True


def _is_full_name(text: str) -> bool:
    return _FULL_NAME.fullmatch(text) is not None and not any(sign.isdigit() for sign in text)


def _is_address(text: str) -> bool:
    if text.count(".") != 3 and text.count(":") < 2:
        return False
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


_LOOKS: dict[str, Callable[[str], object]] = {
    "e-mail addresses": _EMAIL.fullmatch,
    "IP addresses": _is_address,
    "national numbers": is_national,
    "accounts": is_account,
    "telephone numbers": _PHONE.fullmatch,
}
