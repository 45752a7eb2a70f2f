"""`reports/data.json`: what a snapshot of the data is, in aggregates, and every check of it."""

from __future__ import annotations

from typing import ClassVar, Literal

from mlops.documents.checks import Balance, CheckReport, Scalar
from mlops.documents.document import Document, Number, Part


class Spread(Part):
    """How the values of a column are spread: `edges` and `counts` of a number or moment, `levels` by text."""

    edges: tuple[Number, ...] = ()
    counts: tuple[int, ...] = ()
    levels: dict[str, int] | None = None

    @property
    def rows(self) -> int:
        """The values that it was made of."""
        return int(sum(self.counts if self.levels is None else self.levels.values()))


class ColumnReport(Part):
    """A column in aggregates; its least and greatest value only where it is public."""

    name: str
    type: str
    nulls: int
    distinct: int | None = None
    min: Scalar | None = None
    max: Scalar | None = None
    mean: Number | None = None
    std: Number | None = None
    profile: Spread | None = None


class Confused(Part):
    """Rows of one label that are probably of another."""

    given: Scalar | None
    likely: Scalar | None
    rows: int


class NoiseReport(Part):
    """How many labels are probably wrong; `reason` says why there is no estimate of their `share`."""

    method: str = ""
    estimate: bool = True
    rows: int | None = None
    seed: int | None = None
    balanced_accuracy: Number | None = None
    share: Number | None = None
    pairs: tuple[Confused, ...] = ()
    reason: str = ""


class Kept(Part):
    """How many rows a pipeline is about, of how many there are."""

    rows: int
    of: int


class JoinReport(Part):
    """A table that was joined: how many rows found nothing in it, of how many; its own rows, and what it brought."""

    table: str
    unmatched: int
    rows: int
    table_rows: int | None = None
    columns: tuple[str, ...] = ()
    """Its columns that were taken, as it calls them."""
    digest: str | None = None
    """Digest of its files."""


class TestReport(Part):
    """An official test set: the file that its rows came from, and the digests of it and of the files of all others."""

    table: str
    rows: int
    digest: str
    others: str


class Searched(Part):
    """The sample that was searched for leaks, of how many rows, and the seed it was drawn with."""

    rows: int
    of: int
    seed: int


class DataReport(Document):
    """A snapshot; `source` is the digest of its file, `drift` has statistics by column."""

    DIGITS: ClassVar[int | None] = 6

    schema_version: Literal[1] = 1
    rows: int | None = None
    made_by: tuple[str, ...] = ()
    """The stages of a pipeline's own code that the rows went through."""
    header: tuple[str, ...] = ()
    """The columns of the table that was checked, before any was left out."""
    source: str | None = None
    joined: tuple[JoinReport, ...] = ()
    test: TestReport | None = None
    where: Kept | None = None
    """The rows that `where` kept."""
    searched: Searched | None = None
    """Where leaks were looked for among some of the rows; where it is not there, among all."""
    checks: tuple[CheckReport, ...] = ()
    columns: tuple[ColumnReport, ...] = ()
    target: Balance | None = None
    drift: dict[str, dict[str, Number | None]] | None = None
    label_noise: NoiseReport | None = None
