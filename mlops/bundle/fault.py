"""What may be wrong with one JSON value of a row: a reason of the fixed list, and the words for whoever sent it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from mlops.expressions import timestamps

if TYPE_CHECKING:
    from collections.abc import Callable


class Fault(NamedTuple):
    """A reason of `refusal.REASONS`, and a sentence about the value."""

    reason: str
    problem: str


def kind(value: Any) -> str:
    """Name the JSON type of a value."""
    if isinstance(value, bool):
        return "a boolean"
    names = {int: "a number", float: "a number", str: "a string", list: "an array", dict: "an object"}
    return names.get(type(value), "null")


def _type(wanted: str, value: Any) -> Fault:
    return Fault("type", f"must be {wanted}, not {kind(value)}")


def _int(value: Any) -> Fault | None:
    if type(value) is int or (type(value) is float and value.is_integer()):
        return None if -(2**63) <= value < 2**63 else Fault("value", "does not fit 64 bits")
    if type(value) is float:
        return Fault("value", "must be a whole number")
    return _type("a whole number", value)


def _float(value: Any) -> Fault | None:
    if type(value) is float:
        return None if math.isfinite(value) else Fault("value", "must be a finite number")
    if type(value) is int:
        return None if abs(value) < 2**1000 else Fault("value", "must be a finite number")
    return _type("a number", value)


def _bool(value: Any) -> Fault | None:
    return None if isinstance(value, bool) else _type("true or false", value)


def _text(value: Any) -> Fault | None:
    if not isinstance(value, str):
        return _type("a string", value)
    try:
        value.encode()
    except UnicodeEncodeError:  # JSON can spell it, a table cannot hold it
        return Fault("value", "must be Unicode: half of a surrogate pair is none")
    return None


def _date(value: Any) -> Fault | None:
    return _moment(value, timestamps.parse_date, "a date like 2024-05-31")


def _datetime(value: Any) -> Fault | None:
    return _moment(value, timestamps.parse_datetime, "a time like 2024-05-31T12:00:00")


def _image(value: Any) -> Fault | None:
    """Pass on what the reader of rows found wrong with a picture; one that it could read is bytes."""
    if isinstance(value, Fault):
        return value
    return None if isinstance(value, bytes) else _type("a picture", value)


def _moment(value: Any, parse: Callable[[str], int], wanted: str) -> Fault | None:
    if not isinstance(value, str):
        return _type(wanted, value)
    try:
        parse(value)
    except (ValueError, OverflowError):
        return Fault("value", f"must be {wanted}")
    return None


FAULTS: dict[str, Callable[[Any], Fault | None]] = {
    "int": _int,
    "float": _float,
    "bool": _bool,
    "string": _text,
    "category": _text,
    "text": _text,
    "date": _date,
    "datetime": _datetime,
    "image": _image,
}
"""What is wrong with a value that is not null, by the type of its field."""
