"""Numbers written in another unit."""

from __future__ import annotations

from collections.abc import Callable
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

_UNITS: tuple[Callable[[Floats], Floats], ...] = (
    lambda value: value * 10,
    lambda value: value * 1000,
    lambda value: value * 1.8 + 32,  # degrees Celsius read as Fahrenheit
)


@perturbation(strength=0.1, share=True, of="tabular", reads="numeric", when="when units are mixed up")
def units(scene: Scene, strength: float, columns: list[str]) -> list[pl.Series]:
    """In a share of the rows one number is written in another unit: 10 or 1,000 times as much, or in Fahrenheit."""
    hit = hashed.uniform("units", scene.rows) < strength
    column = hashed.choice("units|column", scene.rows, len(columns))
    unit = hashed.choice("units|unit", scene.rows, len(_UNITS))
    changed = []
    for position, name in enumerate(columns):
        found = values(scene.test, name)
        picked = np.select([unit == number for number in range(len(_UNITS))], [change(found) for change in _UNITS])
        changed.append(numbers(name, np.where(hit & (column == position), picked, found)))
    return changed
