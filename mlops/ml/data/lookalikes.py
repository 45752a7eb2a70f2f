"""Texts that are not the same and look as if they were."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable


def lookalikes(texts: Iterable[str]) -> tuple[str, str] | None:
    """Find two texts that differ in blanks, in what nobody sees, or in how a letter is coded, if there are any.

    >>> lookalikes(["red", "blue", "red "])
    ('red', 'red ')
    """
    seen: dict[str, str] = {}
    for text in texts:
        first = seen.setdefault(_look(text), text)
        if first != text:
            return first, text
    return None


def _look(text: str) -> str:
    if text.isascii():  # which is as it looks, but for blanks
        return " ".join(text.split())
    compatible = unicodedata.normalize("NFKC", text)
    shown = (character for character in compatible if unicodedata.category(character) != "Cf")
    return " ".join("".join(shown).split())
