"""What GitHub's API answered about a repository; what is not understood counts as unreadable, never as a no."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import Field, StrictBool, TypeAdapter, ValidationError

from mlops.diagnostics import slips


@dataclass(frozen=True)
class Answer:
    """What the API said: the status, and the JSON where that is 200."""

    status: int
    value: Any = None


Read = Callable[[str], Answer]


class Unreadable(Exception):
    """A setting that could not be read, or not understood."""


Flag = StrictBool
"""A setting that is yes or no: anything else is not a no."""
_Shape = TypeVar("_Shape")


@dataclass(frozen=True)
class Repository:
    """The repository, and how to ask about it."""

    name: str
    read: Read

    def get(self, path: str, shape: type[_Shape], *, whole: bool = False) -> _Shape:
        """Give the answer at a path of the repository, or of the API where `whole`; raises Unreadable."""
        answer = self.read(path if whole else f"repos/{self.name}/{path}".rstrip("/"))
        if answer.status != 200:
            raise Unreadable(f"cannot be read: HTTP {answer.status}")
        return understood(answer.value, shape)

    def page(self, path: str, shape: type[_Shape], key: str = "", *, whole: bool = False) -> tuple[_Shape, ...]:
        """Give the list at a path, or under a `key` there; raises Unreadable where it goes on beyond a page."""
        value = self.get(path, dict, whole=whole).get(key) if key else self.get(path, list, whole=whole)
        listed: tuple[_Shape, ...] = understood(value, Annotated[tuple[shape, ...], Field(max_length=99)])  # type: ignore
        return listed


def understood(value: Any, shape: type[_Shape]) -> _Shape:
    """Take a value for what GitHub documents; raises Unreadable where it is something else."""
    try:
        return TypeAdapter(shape).validate_python(value)
    except ValidationError as error:
        first, *others = slips(error)
        said = "the answer has another form than GitHub documents"
        if any(slip.kind == "too_long" for slip in (first, *others)):
            said = "more than a page"
        elif first.kind == "bool_type":
            said = f"`{first.key.rpartition('.')[2]}` is neither true nor false"
        raise Unreadable(f"cannot be read: {said}") from error
