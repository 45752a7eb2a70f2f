"""An expression, taken apart: values, columns, and calls of what the grammar knows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal as Choice

from mlops.errors import ConfigurationError

Family = Choice["number", "text", "moment", "bool", "null", "any"]
"""What values are of; `bool` is a number too, `any` what is not known yet."""


class Fault(ConfigurationError):
    """What is wrong with an expression, and where in its text: `length` characters from `start`, counted from 0."""

    def __init__(self, message: str, start: int, length: int = 1, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.start = start
        self.length = max(1, length)


@dataclass(frozen=True)
class Value:
    """A value as it is written: a number, a text, true, false, null, or a `date` or `datetime` by its text."""

    value: float | int | str | bool | None
    kind: str
    """One of int, float, bool, text, date, datetime, null."""
    start: int
    end: int


@dataclass(frozen=True)
class Name:
    """A column."""

    name: str
    start: int
    end: int


@dataclass(frozen=True)
class Call:
    """A function or an operator, by the name that `functions.FUNCTIONS` has it."""

    function: str
    arguments: tuple[Node, ...]
    start: int
    end: int


@dataclass(frozen=True)
class Aggregate:
    """What is learnt of many rows, by a name that `aggregates.AGGREGATES` has: of a value, by the levels of columns."""

    function: str
    arguments: tuple[Node, ...]
    """The value; nothing where rows are counted."""
    by: tuple[Name, ...]
    """Nothing for all rows."""
    start: int
    end: int


Node = Value | Name | Call | Aggregate


def columns(node: Node) -> Iterator[Name]:
    """Give every column that an expression reads, as often as it stands there."""
    if isinstance(node, Name):
        yield node
    elif isinstance(node, Call | Aggregate):
        for argument in node.arguments:
            yield from columns(argument)
    if isinstance(node, Aggregate):
        yield from node.by
