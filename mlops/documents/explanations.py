"""`reports/explanations.json`: what the chosen candidate's scores rest on, by raw column."""

from __future__ import annotations

from typing import ClassVar, Literal

from mlops.documents.document import Document, Number, Part


class ColumnShare(Part):
    """The mean size of a column's share of the scores."""

    column: str
    value: Number | None


class TokenShare(Part):
    """The mean share of a token of a text in the scores of the `rows` that have it; the first moved scores most."""

    column: str
    token: str
    value: Number | None
    rows: int


class PictureShares(Part):
    """Where in pictures of a column scores look, row by row of cells: mean brightness, and mean size of shares."""

    column: str
    height: int
    width: int
    brightness: tuple[Number, ...]
    shares: tuple[Number, ...]


class RowReport(Part):
    """One named row: from the base to its output, by the share of each column."""

    row: str | int
    base: Number | None
    output: Number | None
    columns: dict[str, Number | None]


class ExplanationsReport(Document):
    """Shares of a score add up to it but for `gap`; `key` is the column that names the rows."""

    DIGITS: ClassVar[int | None] = 6

    schema_version: Literal[1] = 1
    candidate: str = ""
    method: str = ""
    unit: str = ""
    sample: int | None = None
    gap: Number | None = None
    columns: tuple[ColumnShare, ...] = ()
    pictures: tuple[PictureShares, ...] = ()
    key: str | None = None
    rows: tuple[RowReport, ...] = ()
    tokens: tuple[TokenShare, ...] = ()
