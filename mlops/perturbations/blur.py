"""Images out of focus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlops.kinds.later import Later
from mlops.perturbations.perturbation import perturbation

if TYPE_CHECKING:
    import numpy as np

    from mlops.perturbations.scene import Floats
else:
    np = Later("numpy")


@perturbation(strength=1.0, share=True, of="image", when="when images are blurred")
def blur(images: Floats, strength: float, *_: Any) -> Floats:
    """Each image is mixed with itself out of focus; the strength is the weight of that."""
    soft = images
    for axis in (2, 3):  # the binomial kernel 1 2 1 in either direction
        width = [(0, 0)] * 4
        width[axis] = (1, 1)
        padded = np.pad(soft, width, mode="edge")
        length = images.shape[axis]
        before, at, after = (np.take(padded, range(start, start + length), axis=axis) for start in range(3))
        soft = (before + 2 * at + after) / 4
    return (1 - strength) * images + strength * soft
