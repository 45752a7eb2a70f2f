"""Values that did not arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops.kinds.later import Later
from mlops.perturbations.perturbation import perturbation

if TYPE_CHECKING:
    import polars as pl

    from mlops.perturbations.scene import Scene
    from mlops.statistics import hashed
else:
    pl, hashed = Later("polars"), Later("mlops.statistics.hashed")


@perturbation(strength=0.1, share=True, when="when values are missing")
def missing(scene: Scene, strength: float, columns: list[str]) -> list[pl.Series]:
    """A share of the values is missing."""
    return [
        scene.test[name].zip_with(
            pl.Series(hashed.uniform(f"missing|{name}", scene.rows) >= strength),
            pl.Series(name, [None] * scene.test.height, dtype=scene.test[name].dtype),
        )
        for name in columns
    ]
