"""Numbers that are measured badly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops.kinds.later import Later
from mlops.perturbations.perturbation import perturbation
from mlops.perturbations.scene import numbers, values

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    from mlops.perturbations.scene import Floats, Scene
    from mlops.statistics import hashed
else:
    np, hashed = Later("numpy"), Later("mlops.statistics.hashed")


@perturbation(strength=0.1, reads="numeric", when="when numbers are noisy")
def noise(scene: Scene, strength: float, columns: list[str]) -> list[pl.Series]:
    """Normal noise on every number, in standard deviations of the column; of images, in that of all pixels."""
    spreads = {name: values(scene.train, name) for name in columns}
    if scene.shape is not None:  # a pixel that is always black in training is not so forever
        pooled = float(np.nanstd(np.stack(list(spreads.values()))))
        scale = dict.fromkeys(columns, pooled)
    else:
        scale = {name: _spread(found) for name, found in spreads.items()}
    return [
        numbers(name, values(scene.test, name) + strength * scale[name] * hashed.normal(f"noise|{name}", scene.rows))
        for name in columns
    ]


def _spread(found: Floats) -> float:
    finite = found[np.isfinite(found)]
    return float(finite.std()) if len(finite) else 0.0
