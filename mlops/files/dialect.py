"""How the fields of a text file are told apart."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Dialect:
    """What is known of a file before it is looked at.

    A `separator` or `encoding` of None is found by looking. `quote` stands around a field that holds a separator; the
    empty text where nothing does. `number` gives names that stand twice in the header a number; else they are refused.
    """

    separator: str | None = None
    header: bool = True
    nulls: tuple[str, ...] = ("",)
    quote: str = '"'
    encoding: str | None = None
    number: bool = False
