"""Images without contrast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlops.kinds.later import Later
from mlops.perturbations.perturbation import perturbation

if TYPE_CHECKING:
    import numpy as np

    from mlops.perturbations.scene import Floats
else:
    np = Later("numpy")


@perturbation(strength=0.3, share=True, of="image", when="when contrast is lost")
def contrast(images: Floats, strength: float, *_: Any) -> Floats:
    """Each image loses a share of its contrast."""
    mean = images.mean(axis=(1, 2, 3), keepdims=True)
    return np.asarray(mean + (1 - strength) * (images - mean))
