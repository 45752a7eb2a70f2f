"""`.mlops/profiles/NAME.json`: what the last training of a pipeline spent its time and memory on, on this machine.

It is nobody's input: no digest, no verdict and no other file goes by it.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mlops.documents.document import Document, Part
from mlops.files.figures import duration


class PhaseSeconds(Part):
    """Seconds by phase; a phase inside another counts for itself alone."""

    seconds: dict[str, float] = Field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """Say how long it took, and what the parts of it were, the longest first.

        Example:
            >>> PhaseSeconds(seconds={"validation": 1.0, "boosting": 3.0}).sentence
            '4 s: boosting 75 %, validation 25 %'
        """
        total = sum(self.seconds.values())
        parts = sorted(self.seconds.items(), key=lambda part: (-part[1], part[0]))
        shares = ", ".join(f"{name} {100 * each / total if total else 0:.0f} %" for name, each in parts)
        return f"{duration(total)}: {shares}"


class TrainingProfile(Document):
    """Phases of each candidate, and of the stage beside them (reading rows, writing, comparing)."""

    schema_version: Literal[1] = 1
    threads: int
    devices: int
    stage: PhaseSeconds
    candidates: dict[str, PhaseSeconds]
    peak_bytes: int
    """The most memory that the process held at once."""
    peak_bytes_of_others: int | None = None
    """The same of the largest process that it began."""
    gpu: str | None = None
    gpu_peak_bytes: int | None = None

    @property
    def memory(self) -> str:
        """Say what it took at most."""
        parts = [f"{self.peak_bytes / 1e6:,.0f} MB of memory"]
        if self.peak_bytes_of_others is not None:
            parts.append(f"{self.peak_bytes_of_others / 1e6:,.0f} MB in each of {self.devices} processes")
        if self.gpu_peak_bytes is not None:
            parts.append(f"{self.gpu_peak_bytes / 1e6:,.0f} MB of {self.gpu}")
        return f"at most {', '.join(parts)}"
