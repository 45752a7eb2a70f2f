"""What the table of predictions says of itself, in the head of its file."""

from __future__ import annotations

from pydantic import Field

from mlops.documents.document import Part


class PredictionFacts(Part):
    """The rows that were scored, and of which models; by them a row or a column that went missing is noticed."""

    task: str
    rows: int
    classes: tuple[str, ...]
    champion: str | None
    own: dict[str, dict[str, str]] = Field(default_factory=dict)
    """What is wrong with each metric of the pipeline's own for each model; nothing where it is empty."""
    values: tuple[tuple[float, ...], ...] | None = None
    """What a row is worth, [true class][decided class], where decisions have a value."""
    scaled: bool = False
    """Whether the errors of a forecast have a scale."""
    weighted: bool = False
    """Whether rows count by a weight of their own."""
    folds: int | None = None
    """How many folds the rows are in, where each was scored by the member that has not seen it."""
