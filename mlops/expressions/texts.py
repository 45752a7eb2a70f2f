"""What expressions make of texts: each value once, however many rows have it. Letters and accents stay composed."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mlops.expressions.values import Texts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def composed(text: str) -> str:
    """Compose letters and their accents (NFC), as tables are read."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _changed(to: Callable[..., str | None]) -> Callable[..., Texts]:
    def made(given: Texts, *rest: Any) -> Texts:
        def one(text: str) -> str | None:
            found = to(text, *rest)
            return None if found is None else composed(found)

        return given.changed(one)

    return made


def _mapped(of: Callable[..., float]) -> Callable[..., NDArray[np.float64]]:
    return lambda given, *rest: given.mapped(lambda text: float(of(text, *rest)))


def _part(text: str, separator: str, number: int) -> str | None:
    parts = text.split(separator)
    return parts[number - 1] if number <= len(parts) else None


def _number(text: str) -> float:
    """Read plain digits alone: what Python also takes for a number (`1_0`, `inf`) is none."""
    return float(text) if _NUMBER.fullmatch(text := text.strip()) else math.nan


TEXTS: dict[str, Callable[..., Texts]] = {
    "lower": _changed(str.lower),
    "upper": _changed(str.upper),
    "strip": _changed(str.strip),
    "prefix": _changed(lambda text, count: text[:count]),
    "suffix": _changed(lambda text, count: text[-count:]),
    "split": _changed(_part),
}
"""What makes a text of a text."""
NUMBERS: dict[str, Callable[..., NDArray[np.float64]]] = {
    "length": _mapped(len),
    "contains": _mapped(lambda text, part: part in text),
    "starts_with": _mapped(str.startswith),
    "ends_with": _mapped(str.endswith),
    "number": _mapped(_number),
}
"""What makes a number, or true and false, of a text."""
