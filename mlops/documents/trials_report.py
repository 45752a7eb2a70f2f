"""What `mlops try -o json` prints: every combination that was asked for, and the recorded run beside them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue

from mlops.documents.document import Document, Number, Part


class TrialFigure(Part):
    """A figure on validation rows, and how it stands to the recorded run's; None where the rows are others."""

    value: Number | None
    recorded: Literal["better", "worse", "same"] | None = None


class TrialRow(Part):
    """A combination: its number, its values by key, and its trial with the candidate that was best in it.

    `error` says why there is no trial; the recorded run has no number and no id.
    """

    number: int | None = None
    id: str = ""
    overrides: dict[str, JsonValue]
    candidate: str = ""
    figures: dict[str, TrialFigure] = Field(default_factory=dict)
    seconds: Number | None = None
    error: str = ""


class TrialsReport(Document):
    """`metrics` are named in the order of their weight, `select_by` first; `best` is the number of the best trial."""

    schema_version: Literal[1] = 1
    pipeline: str
    select_by: str = ""
    metrics: tuple[str, ...] = ()
    rows: tuple[TrialRow, ...]
    recorded: TrialRow | None = None
    best: int | None = None
