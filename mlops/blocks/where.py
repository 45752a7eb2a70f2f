"""`data.where:` which rows a pipeline is about."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from mlops.blocks.block import Block
from mlops.blocks.derived import Expression


class Where(Block):
    """Which rows are learnt from and judged on; what becomes of a request's row that is none of them."""

    keep: Expression
    """True for the rows that stay; a row where it is not known goes, too."""
    outside: Literal["warn", "refuse", "answer"] = "warn"
    """A request's row that it is not true of is answered with a warning, refused, or answered as any other."""
    may_use_target: bool = False
    """It may read the target, or what the target is made of; no request is held to it then."""
    at_least: Annotated[int, Field(ge=1)] = 50
    """Rows that must be left."""


def _form(value: object) -> str:
    return "str" if isinstance(value, str) else "Where"


Kept = Annotated[Annotated[Expression, Tag("str")] | Annotated[Where, Tag("Where")], Discriminator(_form)]
"""An expression alone, or with more about it."""


def whole(given: str | Where | None) -> Where | None:
    """Spell out what an expression alone leaves at its default."""
    return Where(keep=given) if isinstance(given, str) else given
