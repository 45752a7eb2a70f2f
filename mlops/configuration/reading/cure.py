"""What to write in place of a value that does not fit: the value itself, as far as it tells what was meant."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from mlops.configuration.reading.library import GROUPS

_NUMBER = r"[-+]?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?"
_PLAIN = re.compile(r"[A-Za-z_](?:[\w ./-]*[\w./-])?")
_LIMITS = {
    "greater_than": "greater than",
    "greater_than_equal": "of at least",
    "less_than": "less than",
    "less_than_equal": "of at most",
}
_ITEMS = 8
_DASH = re.compile(r"(?:^|\s)-(?=[^\s\d.-])")
_NO_BLANK = re.compile(r"(?P<key>\w+):(?P<value>\S.*)")
_ABOVE = (">", ">=", "≥")
_FORMULA = re.compile(r"(?P<metric>[a-z]\w*) *(?P<sign>[<>]=?|[≤≥]) *(?P<bound>-?\d*\.?\d+)")
"""A rule as one would say it, `auroc >= 0.9`."""


def number(given: Any, wanted: str) -> str:
    """Say how a text becomes a number; `wanted` is "a number" or "a whole number".

    >>> number("5%", "a number"), number("0,7", "a number"), number("30min", "a number")
    ('write a share from 0 to 1: 0.05', 'write it with a point: 0.7', 'write a number alone, without its unit')
    """
    text = given.strip() if isinstance(given, str) else ""
    whole = wanted == "a whole number"
    if not whole and (share := re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) ?%", text)):
        return f"write a share from 0 to 1: {float(share[1]) / 100:g}"
    if not whole and re.fullmatch(r"[-+]?[0-9]+,[0-9]+", text):
        return f"write it with a point: {text.replace(',', '.')}"
    if re.fullmatch(r"[-+]?[0-9]+" if whole else _NUMBER, text):
        return f"write it without quotes: {text}"
    if re.fullmatch(rf"{_NUMBER} ?[A-Za-z]+", text):
        return f"write {wanted} alone, without its unit"
    return f"write {wanted}"


def limit(kind: str, bound: float, given: Any) -> str:
    """Say which values are allowed, by the kind of pydantic's error; a percentage is told from a share.

    >>> limit("less_than_equal", 1.0, 5)
    'write a share from 0 to 1: 0.05 for 5 %'
    """
    if bound == 1 and kind.startswith("less") and isinstance(given, int | float) and 1 < given <= 100:
        return f"write a share from 0 to 1: {given / 100:g} for {given:g} %"
    plain = int(bound) if isinstance(bound, float) and bound.is_integer() else bound
    return f"write a value {_LIMITS[kind]} {plain}"


def listed(key: str, given: Any) -> str:
    """Put what stands alone into a list.

    >>> listed("owners", "me"), listed("keys", "id, day"), listed("keys", "-id -day")
    ('write `owners: [me]`', 'write `keys: [id, day]`', 'write a blank after each dash: `- id`, `- day`')
    """
    if isinstance(given, dict):
        return "begin each of its items with `- `"
    if given is None:
        return "write a list"
    if isinstance(given, str) and _DASH.match(given):
        items = [part.strip() for part in _DASH.split(given) if part.strip()]
        return f"write a blank after each dash: {', '.join(f'`- {item}`' for item in items[:_ITEMS])}"
    items = [part.strip() for part in given.split(",") if part.strip()] if isinstance(given, str) else [given]
    more = ", ..." if len(items) > _ITEMS else ""
    return f"write `{key}: [{', '.join(map(_item, items[:_ITEMS]))}{more}]`"


def blocks(key: str, given: Any, keys: Iterable[str]) -> str:
    """Say how a list of blocks is written, where something else stands.

    >>> blocks("gates", "auroc", ["at_least", "metric"])
    'write a list, `gates: [{...}, ...]`; keys of each: at_least, metric'
    >>> blocks("gates", "auroc >= 0.9", ["at_least", "at_most", "metric"])
    'write `gates: [{metric: auroc, at_least: 0.9}]`'
    """
    names = tuple(keys)
    if rule := _rule(given, names):
        return f"write `{key}: [{rule}]`"
    how = "begin each of its items with `- `" if isinstance(given, dict) else f"write a list, `{key}: [{{...}}, ...]`"
    return f"{how}; keys of each: {', '.join(names)}"


def _rule(given: Any, names: tuple[str, ...]) -> str:
    """Spell a bound that is written as a formula; nothing where it is none, or the block has no bounds.

    >>> _rule("rmse<3.5", ("at_least", "at_most", "metric"))
    '{metric: rmse, at_most: 3.5}'
    """
    if not isinstance(given, str) or not {"metric", "at_least", "at_most"} <= set(names):
        return ""
    found = _FORMULA.fullmatch(given.strip())
    side = "at_least" if found and found["sign"] in _ABOVE else "at_most"
    return "" if found is None else f"{{metric: {found['metric']}, {side}: {found['bound']}}}"


def mapping(key: str, given: Any, keys: Iterable[str], *, top: bool) -> str:
    """Name the keys of a block, and, where it is of the `top`, how an option of its group is chosen."""
    names = tuple(keys)
    if isinstance(given, str) and (found := _NO_BLANK.match(given)) and found["key"] in names:
        return f"write a blank after the colon: `{found['key']}: {found['value']}`"
    if rule := _rule(given, names):
        return f"write `{rule}`"
    known = ", ".join(names)
    if known and isinstance(given, list):
        return f"write its keys without a dash before them: {known}"
    said = f"write a mapping of keys: {known}"
    said = said if known else f"write a mapping with a name for each: `{key}: {{NAME: ...}}`"
    if top and key in GROUPS and isinstance(given, str) and _PLAIN.fullmatch(given):
        return f"choose it under `defaults:`, `- /{key}: {given}`, or {said}"
    return said


def _item(value: Any) -> str:
    return value if isinstance(value, str) and _PLAIN.fullmatch(value) else json.dumps(value, ensure_ascii=False)
