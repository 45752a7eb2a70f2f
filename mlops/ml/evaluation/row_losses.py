"""What a metric of a pipeline's own gives each row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class RowLosses:
    """What a metric gives each row [n] of every model, or why it gives nothing, by model."""

    values: Mapping[str, NDArray[np.float64]]
    problems: Mapping[str, str] = field(default_factory=dict)
