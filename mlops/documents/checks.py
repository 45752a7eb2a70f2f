"""A check of the data or of the split, as reports list it."""

from __future__ import annotations

from mlops.documents.document import Number, Part

Scalar = str | bool | Number
"""A value of a row that may be told: a class, or the least and the greatest of a public column."""


class CheckReport(Part):
    """What was checked, of which column, and how many of `total` values break it."""

    name: str = ""
    column: str | None = None
    severity: str = ""
    failed: int = 0
    total: int = 0
    passed: bool = False
    message: str = ""
    examples: tuple[str, ...] = ()
    """Values, of public columns only."""


class ClassRows(Part):
    """How many rows a class has, and their share of all."""

    label: Scalar | None
    rows: int
    share: Number | None = None


class Balance(Part):
    """How a target is spread: by class, or by mean and standard deviation."""

    rows: int | None = None
    classes: tuple[ClassRows, ...] = ()
    mean: Number | None = None
    std: Number | None = None
