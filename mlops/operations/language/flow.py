"""YAML as a person would write it: short mappings on one line, quotes only where some reader would misread."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

Value = str | int | float | bool | None | Mapping[str, "Value"] | Sequence["Value"]

_PLAIN = re.compile(r"[^\W\d][\w./-]*( [\w/-][\w./-]*)*")
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n", "inf", "nan", "infinity"})
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def flow(value: Value) -> str:
    """Spell a value on one line."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number(value)
    if isinstance(value, str):
        return text(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{text(key)}: {flow(item)}" for key, item in value.items()) + "}"
    return "[" + ", ".join(flow(item) for item in value) + "]"


def text(value: str) -> str:
    """Spell text, in quotes unless every reader of YAML takes it for text as it stands."""
    if _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return '"' + "".join(_ESCAPES.get(character) or _escape(character) for character in value) + '"'


def number(value: float) -> str:
    """Spell a number so that it is read as the same number, of the same kind."""
    if isinstance(value, int):
        return str(value)
    spelt = repr(value)
    mantissa, mark, exponent = spelt.partition("e")
    return f"{mantissa}.0e{exponent}" if mark and "." not in mantissa else spelt


def _escape(character: str) -> str:
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
