"""`evaluate: {robustness: ...}`: what is done to test rows to see how the model takes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from mlops.blocks.block import Items
from mlops.perturbations import PERTURBATIONS, PerturbationName

Strength = Annotated[float, Field(gt=0, le=10)]


def _shape(value: Any) -> str:
    return "mapping" if isinstance(value, Mapping) else "list"


Perturbations = Annotated[
    Annotated[Items[PerturbationName], Tag("list")] | Annotated[dict[PerturbationName, Strength], Tag("mapping")],
    Discriminator(_shape),
]


def strengths(declared: tuple[str, ...] | Mapping[str, float], judged: tuple[str, ...] = ()) -> dict[str, float]:
    """Give each perturbation that is declared, or judged by a rule, its strength."""
    own = declared if isinstance(declared, Mapping) else {}
    return {name: own.get(name, PERTURBATIONS[name].strength) for name in sorted({*declared, *judged})}
