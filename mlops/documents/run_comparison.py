"""What `mlops compare -o json` prints: two runs of a pipeline, what differs between them, and which is better."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue

from mlops.documents.document import Document, Number, Part
from mlops.documents.figures import Figure

Standing = Literal["better", "worse", "same", "cannot tell"]


class Key(Part):
    """A key of the YAML that differs."""

    key: str
    first: JsonValue
    second: JsonValue


class Side(Part):
    """A run: what it is called, the digest of its data, rows by part, the candidate that its figures are of."""

    name: str
    data: str | None = None
    rows: dict[str, int] = Field(default_factory=dict)
    candidate: str = ""


class ComparedMetric(Part):
    """Figures of both, their difference (second less first) where it is known, and how the second stands."""

    first: Figure
    second: Figure
    difference: Figure | None = None
    second_is: Standing


class RunComparison(Document):
    """The second run held against the first, on the rows of one part: `test`, or `validation` where a trial is in it.

    `paired` says that both were asked about the same rows; `code` are the stages whose code or libraries differ.
    """

    schema_version: Literal[1] = 1
    pipeline: str
    first: Side
    second: Side
    keys: tuple[Key, ...] = ()
    code: tuple[str, ...] = ()
    part: Literal["test", "validation"]
    paired: bool = False
    confidence: Number
    metrics: dict[str, ComparedMetric] = Field(default_factory=dict)
