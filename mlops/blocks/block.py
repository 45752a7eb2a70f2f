"""What every block of YAML has in common: unknown keys are refused, types are strict, values are frozen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from mlops.blocks.column_name import free
from mlops.files.relative import NAME

Item = TypeVar("Item")
Items = Annotated[tuple[Item, ...], Field(strict=False)]
Name = Annotated[str, StringConstraints(pattern=f"^{NAME.pattern}$")]


@dataclass(frozen=True)
class Names:
    """Marks a text that names a column of the table that is read; see `column`."""

    column: Literal["read", "kept", "day", "made", "computed"]
    """`kept`: results are told by it, so that rows must keep it though nothing is learnt from it; `day`: a day may
    stand there too; `made`: the name is given here; `computed`: it is an expression, which may name several."""


_Column = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Column = Annotated[_Column, Names("read")]
KeptColumn = Annotated[_Column, Names("kept")]
NewColumn = Annotated[_Column, Names("made"), AfterValidator(free)]
Owner = Annotated[str, StringConstraints(pattern=r"^@[A-Za-z0-9][A-Za-z0-9_.-]*(/[A-Za-z0-9_.-]+)?$")]
Digest = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
Share = Annotated[float, Field(ge=0, le=1)]


class Block(BaseModel):
    """A mapping of YAML with a fixed set of keys."""

    # built when first used: a verb starts with a hundred blocks and reads a few
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True, defer_build=True)


def one_line(what: str) -> AfterValidator:
    """Refuse a text with line breaks or other control characters; `what` names it in the error."""

    def plain(text: str) -> str:
        if any(ord(character) < 32 for character in text):
            raise ValueError(f"{what} is one line without control characters")
        return text

    return AfterValidator(plain)


def day(text: str) -> str:
    """Refuse what is no day of the calendar, or is spelt in another way than `2026-01-31` (`2026-W05-6`)."""
    try:
        known = date.fromisoformat(text).isoformat() == text
    except ValueError:
        known = False
    if not known:
        raise ValueError(f'`{text[:40]}` is not a day, write it as "2026-01-31"')
    return text


Day = Annotated[str, Field(min_length=10, max_length=10), AfterValidator(day)]
"""A day of the calendar, as text."""


def misplaced(path: tuple[str, ...], why: str, hint: str) -> PydanticCustomError:
    """Make an error of a value inside a block, at the keys that lead to it from there."""
    return PydanticCustomError("misplaced", "{why}", {"path": path, "why": why, "hint": hint})


def refuse_longer(what: str, first: str, last: str, longest: int) -> None:
    """Refuse what holds from one day to another for more than so many days, or ends before it begins.

    Raises ValueError.
    """
    days = (date.fromisoformat(last) - date.fromisoformat(first)).days
    if not 0 <= days <= longest:
        raise ValueError(f"{what} holds for 0 to {longest} days, this one for {days}")


def refuse_own(what: str, owner: str, approver: str) -> None:
    """Refuse what somebody allows themselves; raises ValueError."""
    if owner.casefold() == approver.casefold():
        raise ValueError(f"nobody approves {what} of their own: `approver` is the `owner`")
