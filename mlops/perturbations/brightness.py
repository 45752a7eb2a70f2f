"""Images that are too bright or too dark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops.kinds.later import Later
from mlops.perturbations.perturbation import perturbation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mlops.perturbations.scene import Floats
    from mlops.statistics import hashed
else:
    np, hashed = Later("numpy"), Later("mlops.statistics.hashed")


@perturbation(strength=0.2, share=True, of="image", when="when brightness changes")
def brightness(images: Floats, strength: float, span: float, rows: NDArray[np.int64]) -> Floats:
    """Each image is brighter or darker by a share of the range seen in training."""
    sign = 2.0 * hashed.choice("brightness", rows, 2) - 1
    return np.asarray(images + strength * span * sign[:, None, None, None])
