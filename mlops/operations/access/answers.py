"""What GitHub's API answered about a repository; what is not understood counts as unreadable, never as a no."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answer:
    """What the API said: the status, and the JSON where that is 200."""

    status: int
    value: Any = None


Read = Callable[[str], Answer]


class Unreadable(Exception):
    """A setting that could not be read, or not understood."""


@dataclass(frozen=True)
class Repository:
    """The repository, and how to ask about it."""

    name: str
    read: Read

    def get(self, path: str, *, whole: bool = False) -> Any:
        """Give the JSON at a path of the repository, or of the API where `whole`; raises Unreadable."""
        answer = self.read(path if whole else f"repos/{self.name}/{path}".rstrip("/"))
        if answer.status != 200:
            raise Unreadable(f"cannot be read: HTTP {answer.status}")
        return answer.value


def flag(value: Any, key: str) -> bool:
    """Read a setting that is yes or no; raises Unreadable on anything else, which is not a no."""
    found = value[key]
    if not isinstance(found, bool):
        raise Unreadable(f"cannot be read: `{key}` is neither true nor false")
    return found


def listed(value: Any) -> list[Any]:
    """Take a list of one page; raises Unreadable on a longer one, which was not read whole."""
    if not isinstance(value, list):
        raise Unreadable("cannot be read: the answer has another form than GitHub documents")
    if len(value) >= 100:
        raise Unreadable("cannot be read: more than a page")
    return value
