"""`reports/split.json`: who is in each part of the split, and what was looked for between them."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from mlops.documents.checks import Balance, CheckReport
from mlops.documents.document import Document, Part

JUDGED = "judged: single members, each on the rows that it has not seen; served: their mean"
"""What evidence over folds is about."""


class PartReport(Part):
    """One part: its rows, the things they are of, its target, and the digest of its row numbers.

    `first` and `last` are the times of its first and last row where rows are divided by time.

    The first release wrote the number of rows in place of all that.
    """

    rows: int | None = None
    entities: int | None = None
    target: Balance | None = None
    digest: str | None = None
    first: str | None = None
    last: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _counted(cls, value: Any) -> Any:
        return {"rows": value} if isinstance(value, int) else value


class Embargo(Part):
    """What stands between the parts of a forecast and is in none."""

    periods: int
    rows: int


class SplitReport(Document):
    """How rows were divided; `key` is the column that they were divided by."""

    DIGITS: ClassVar[int | None] = 6

    schema_version: Literal[1] = 1
    by: str = ""
    key: str | None = None
    seed: int | None = None
    entity: str | None = None
    entity_overlap: int | None = None
    parts: dict[str, PartReport] = Field(default_factory=dict)
    checks: tuple[CheckReport, ...] = ()
    embargo: Embargo | None = None
    folds: int | None = None
    """How many parts of equal size there are in place of train, validation and test; each is unseen by one model."""
