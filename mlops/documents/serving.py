"""`reports/serving.json`: what serving a bundle costs, one value a repetition in fresh processes."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mlops.documents.document import Document, Number


class ServingReport(Document):
    """Values by model and quantity; `champion` names the live model where it was measured in turns with this one."""

    schema_version: Literal[1] = 1
    bundle: str | None = None
    inputs: dict[str, str] = Field(default_factory=dict)
    """Digests of the measured model's files."""
    champion: str | None = None
    units: dict[str, str] = Field(default_factory=dict)
    repetitions: dict[str, dict[str, tuple[Number | None, ...]]] = Field(default_factory=dict)
