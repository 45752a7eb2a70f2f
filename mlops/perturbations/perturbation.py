"""A perturbation: what is known of it before anything runs, and what it does to rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from mlops.kinds.called import Called, declared


@dataclass(frozen=True)
class Perturbation(Called):
    """Something done to test rows; called, it does it.

    One of images alone takes images [n, channels, height, width], the strength, the range seen in training and the
    numbers of the rows, and gives images. Any other takes the rows as a `mlops.perturbations.scene.Scene`, the strength
    and the columns to change, and gives these columns.
    """

    when: str = field(kw_only=True)
    """What is said of a metric of such rows, after its name."""
    strength: float = field(kw_only=True)
    """How strongly, where nobody says."""
    share: bool = field(kw_only=True, default=False)
    """The strength is a share: it is at most 1."""
    of: Literal["both", "tabular", "image"] = field(kw_only=True, default="both")
    """The rows that it can be done to, by their features."""
    reads: Literal["numeric", "text"] | None = field(kw_only=True, default=None)
    """The columns that it changes; any where it is None."""

    def fits(self, features: str) -> bool:
        """Tell whether it can be done to rows with such features."""
        return self.of in ("both", features)


perturbation = partial(declared, Perturbation, "evaluate")
"""Declare the function below as a perturbation of its name."""
