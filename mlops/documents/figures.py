"""A metric with its interval, as reports give it by model and by name."""

from __future__ import annotations

from typing import Self

from mlops.documents.document import Number, Part
from mlops.files.canonical import rounded


class Figure(Part):
    """A value and the ends of its interval; None where it is not known."""

    value: Number | None = None
    low: Number | None = None
    high: Number | None = None

    @property
    def rounded(self) -> Self:
        """Six significant digits of each; what is no finite number is not known."""
        ends = {"value": rounded(self.value), "low": rounded(self.low), "high": rounded(self.high)}
        return self.model_copy(update=ends)


Figures = dict[str, dict[str, Figure]]
"""By model and metric."""
