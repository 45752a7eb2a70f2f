"""Images that are not where they were."""

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


@perturbation(strength=1.0, of="image", when="when images are moved")
def shift(images: Floats, strength: float, _: float, rows: NDArray[np.int64]) -> Floats:
    """Each image is moved by whole pixels up, down, left or right; the edge is repeated."""
    steps = max(1, round(strength))
    padded = np.pad(images, ((0, 0), (0, 0), (steps, steps), (steps, steps)), mode="edge")
    height, width = images.shape[2:]
    moved = [
        padded[:, :, top : top + height, left : left + width]
        for top, left in ((0, steps), (2 * steps, steps), (steps, 0), (steps, 2 * steps))
    ]
    return np.stack(moved)[hashed.choice("shift", rows, 4), np.arange(len(images))]
