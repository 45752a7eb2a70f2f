"""`evaluate: {robustness: ...}`: what is done to test rows to see how the model takes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from mlops.blocks.block import Items

Perturbation = Literal["noise", "missing", "unseen_categories", "units", "blur", "brightness", "contrast", "shift"]
Strength = Annotated[float, Field(gt=0, le=10)]


def _shape(value: Any) -> str:
    return "mapping" if isinstance(value, Mapping) else "list"


Perturbations = Annotated[
    Annotated[Items[Perturbation], Tag("list")] | Annotated[dict[Perturbation, Strength], Tag("mapping")],
    Discriminator(_shape),
]

STRENGTHS: dict[Perturbation, float] = {
    "noise": 0.1,  # standard deviations of the column
    "missing": 0.1,  # share of values
    "unseen_categories": 0.1,  # share of values
    "units": 0.1,  # share of rows
    "blur": 1.0,  # weight of the blurred image
    "brightness": 0.2,  # share of the range
    "contrast": 0.3,  # share that is taken away
    "shift": 1.0,  # pixels
}
IMAGES: frozenset[str] = frozenset({"blur", "brightness", "contrast", "shift"})
TABLES: frozenset[str] = frozenset({"unseen_categories", "units"})
SHARES: frozenset[str] = frozenset({"missing", "unseen_categories", "units", "blur", "brightness", "contrast"})


def strengths(
    declared: tuple[Perturbation, ...] | Mapping[Perturbation, float], judged: tuple[Perturbation, ...] = ()
) -> dict[str, float]:
    """Give each perturbation that is declared, or judged by a rule, its strength."""
    own = declared if isinstance(declared, Mapping) else {}
    return {name: own.get(name, STRENGTHS[name]) for name in sorted({*declared, *judged})}
