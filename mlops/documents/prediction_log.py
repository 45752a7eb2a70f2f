"""The first line of a segment of a prediction log: whose answers follow, and how many."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mlops.documents.document import Document

_Whole = Annotated[int, Field(strict=True)]
_Counted = tuple[_Whole, str, str, Annotated[int, Field(strict=True, ge=1)]]
"""A minute (microseconds since 1970), a column, a reason, and how many rows were refused for it."""


class SegmentHead(Document):
    """What `records` lines of a `bundle` hold; `fields` are the types of the request's fields."""

    schema_version: Literal[1] = 1
    bundle: str
    fields: dict[str, str]
    records: int
    refused: tuple[_Counted, ...] = ()
