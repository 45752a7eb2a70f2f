"""Why rows of requests were not answered: a column of the model and a reason of a fixed list, never a value.

A refused row counts once, under the first thing that is wrong with it in the order of the model's fields, so that
counts add up to rows. Names that the model does not know are somebody else's words: they count as `(unknown)`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

UNKNOWN = "(unknown)"
REASONS: dict[str, str] = {
    "absent": "is not in the row",
    "null": "is null, as it never was in the data",
    "type": "has a value of another type",
    "value": "has a value that it cannot have",
    "field": "with a field that the model does not have",
    "row": "that are no objects of fields",
    "outside": "that are none of those that the model is for",
    "score": "that the model gives no finite score",
    "batch": "that nothing is wrong with, in a request with one that is",
    "body": "in a body that cannot be read as rows, which counts as one",
}
"""What each reason says: the first four of a column, the others of a row."""
OF_COLUMNS = ("absent", "null", "type", "value")

Cause = tuple[str, str]
"""A column of the model or UNKNOWN, and a reason."""
Refusals = Mapping[Cause, int]
"""Rows by what they were refused for."""

BODY: Refusals = {(UNKNOWN, "body"): 1}


def counted(causes: Mapping[int, Cause], rows: int, *, whole: bool) -> Counter[Cause]:
    """Count what is refused of `rows` rows, given the bad ones by position; the good ones too, if the `whole` is."""
    found = Counter(causes.values())
    if whole and len(causes) < rows:
        found[(UNKNOWN, "batch")] += rows - len(causes)
    return found
