"""Plain scalars: what they mean where every reader of YAML agrees, and what is refused where they do not."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

_DIGITS = 18  # the longest number that fits 64 bits with its sign
_SHOWN = 60
_NULL = re.compile(r"^(~|null|Null|NULL|)$")
_TRUE = re.compile(r"^(true|True|TRUE)$")
_FALSE = re.compile(r"^(false|False|FALSE)$")
_INT = re.compile(r"^[-+]?(0|[1-9][0-9]*)$")
_FLOAT = re.compile(r"^([-+]?[0-9]+\.[0-9]*|\.[0-9]+|[-+]?[0-9]+(?=[eE]))([eE][-+]?[0-9]+)?$")
_AMBIGUOUS = (
    (re.compile(r"^(yes|no|on|off|y|n)$", re.IGNORECASE), "a boolean to some readers of YAML and text to others", True),
    (re.compile(r"^[-+]?[0-9]+(:[0-5]?[0-9])+(\.[0-9]*)?$"), "a number in base 60 to some readers of YAML", False),
    (re.compile(r"^[-+]?0[0-9_]+$"), "an octal number to some readers of YAML", False),
    (re.compile(r"^[-+]?0[xob][0-9a-fA-F_]+$"), "a number to some readers of YAML and text to others", False),
    (re.compile(r"^(?=[-+]?[0-9][0-9_]*(\.[0-9_]*)?$)[-+]?[0-9]+_"), "a number to some readers of YAML", False),
    (
        re.compile(r"^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?$"),
        "a date to some readers of YAML and text to others",
        False,
    ),
    (re.compile(r"^[-+]?\.(inf|Inf|INF)$|^\.(nan|NaN|NAN)$"), "not a finite number", False),
    (re.compile(r"^=$"), "a special value to some readers of YAML", False),
)
SPECIAL_STARTS = frozenset(("", *"~=+-.0123456789nNtTfFyYoO"))
"""What a scalar begins with that can be anything but text."""
_RESOLVER = re.compile(r"\$\{\s*([^}\s:]*)\s*:|\$\{[^}]*\$\{")


@dataclass(frozen=True)
class Refusal:
    """Why a scalar is not read."""

    message: str
    hint: str
    rule: str


@lru_cache(maxsize=1 << 14)
def resolve(text: str) -> tuple[Any, Refusal | None]:
    """Give the value of a plain scalar; what readers of YAML disagree on stays text and is refused."""
    if text[:1] not in SPECIAL_STARTS:
        return text, None
    if _NULL.match(text):
        return None, None
    if _TRUE.match(text) or _FALSE.match(text):
        return bool(_TRUE.match(text)), None
    if _INT.match(text):
        return _integer(text)
    for pattern, why, boolean in _AMBIGUOUS:
        if pattern.match(text):
            shown = text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
            cure = f'true or false, or "{shown}" for text' if boolean else f'"{shown}" for text, or a plain number'
            cure = f'it in quotes: "{shown}"' if why.startswith("a date") else cure
            return text, Refusal(f"`{shown}` is {why}", f"write {cure}", "yaml-ambiguous")
    return _float(text) if _FLOAT.match(text) else (text, None)


def expression(text: str) -> Refusal | None:
    """Refuse text that GitHub would run, or that would read the environment."""
    if "${" not in text:
        return None
    if "${{" in text:
        hint = "it would be run by GitHub; write the value itself"
        return Refusal("`${{` starts a workflow expression", hint, "code-in-yaml")
    if match := _RESOLVER.search(text):
        hint = "only `${key.of.this.file}` is read; secrets are named by reference"
        return Refusal(f"the resolver `${{{match.group(1) or 'nested'}:...}}` is not allowed", hint, "code-in-yaml")
    return None


def _integer(text: str) -> tuple[Any, Refusal | None]:
    if len(text) > _DIGITS:
        hint = f'write "{text[:8]}…" in quotes if it is text'
        return text, Refusal("the number is too large", hint, "yaml-number")
    return int(text), None


def _float(text: str) -> tuple[Any, Refusal | None]:
    if math.isinf(value := float(text)):
        return text, Refusal("the number is too large", "write a number below 1e308", "yaml-number")
    return value, None
