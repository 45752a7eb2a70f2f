"""Conflict markers: Git merged a file, and left both versions in it for a person to choose."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlops.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Mapping

_CONFLICT = re.compile(rb"^<{7} .*?^>{7} ", re.MULTILINE | re.DOTALL)


class Conflicted(IntegrityError):
    """Files in which a merge left both versions; `places` are their paths, each with the line of its first marker."""

    def __init__(self, places: Mapping[str, int], *, hint: str = "") -> None:
        shown = "\n".join(f"{path}:{line}: conflict markers of a merge" for path, line in sorted(places.items()))
        super().__init__(shown, hint=hint)
        self.places = dict(places)


def marked(data: bytes) -> int | None:
    """Find the line of the first marker; None where there is no conflict."""
    if b"<<<<<<< " not in data or (found := _CONFLICT.search(data)) is None:
        return None
    return data.count(b"\n", 0, found.start()) + 1


def refuse(data: bytes, shown: str) -> None:
    """Refuse the content of a file, which the error calls `shown`, in which two versions stand; raises Conflicted."""
    if (line := marked(data)) is not None:
        raise Conflicted({shown: line})
