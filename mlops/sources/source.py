"""`data.source:` where rows come from."""

from __future__ import annotations

import codecs
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from mlops.blocks.block import Block, Digest, Items, NewColumn, day
from mlops.files.dialect import Dialect
from mlops.kinds.union import OneOf
from mlops.sources import SOURCES

_DAY = r"^\d{4}-\d{2}-\d{2}$"


def _known(encoding: str) -> str:
    """Refuse what names no encoding of text."""
    try:
        text = codecs.lookup(encoding)._is_text_encoding
    except LookupError:
        text = False
    if not text:
        raise ValueError(f"`{encoding[:40]}` is no encoding, write `windows-1252` or `utf-8`")
    return encoding


class ColumnNames(Block):
    """Names made by counting, for files without a header: a prefix, how many, and the columns that follow."""

    prefix: str
    """What each name begins with."""
    count: Annotated[int, Field(ge=1, le=100_000)]
    """How many are counted, from 0."""
    then: Items[NewColumn] = ()
    """Names of the columns after the counted ones."""

    def spelled(self) -> tuple[str, ...]:
        """List the names."""
        return (*(f"{self.prefix}{position}" for position in range(self.count)), *self.then)


class Source(Block):
    """A place that a snapshot of the rows is taken from."""

    kind: Annotated[str, OneOf(SOURCES)]
    """Format of the file."""
    path: str
    """File, relative to `pipelines/<name>/`, or to the installed `package`; or a folder, its files below each other.
    Folders inside it that name a column, as `year=2024/`, give it to the rows of their files."""
    package: str | None = None
    """Installed Python package that carries the file; `sha256` is then required."""
    sha256: Digest | None = None
    """Digest that the file must have."""
    separator: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    """Character between the fields of a CSV file; found by looking where it is not given."""
    quote: Annotated[str, Field(max_length=1)] = '"'
    """Character around a field of a CSV file that holds a separator; `""` where a quote is a letter like any other."""
    encoding: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$"), AfterValidator(_known)] | None = None
    """Encoding of a text that is not UTF-8; UTF-16 and Windows-1252 are found by looking."""
    header: bool = True
    """Whether the first line names the columns."""
    duplicates: Literal["refuse", "number"] = "refuse"
    """What becomes of names that stand twice in the header of a CSV file: `number` makes `x` and `x_2` of them."""
    names: Items[NewColumn] | ColumnNames | None = None
    """Column names, for a file without a header."""
    nulls: Items[str] = ("",)
    """Texts that mean a missing value, in every format; an empty one does in texts alone, unless this is written."""
    sheet: str | None = None
    """Sheet of an Excel file; the first where it is not given."""
    query: str | None = None
    """SQL that selects the rows, for a DuckDB file."""
    beside: Items[Source] = ()
    """Further files whose columns stand beside these, row by row."""
    recorded: Annotated[str, Field(pattern=_DAY), AfterValidator(day)] | None = None
    """Day the snapshot was taken, as 2030-12-31; what `freshness` counts from. No stage looks at a clock."""

    @property
    def label(self) -> str:
        """Name the file for a person."""
        return f"{self.package}/{self.path}" if self.package else self.path

    @property
    def dialect(self) -> Dialect:
        """Say how the fields of its text are told apart."""
        number = self.duplicates == "number"
        return Dialect(self.separator, self.header, self.nulls, self.quote, self.encoding, number)
