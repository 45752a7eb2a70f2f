"""What may be done to test rows to see how a model takes it: a file each, with how strongly and to which rows."""

from __future__ import annotations

from typing import Annotated

from mlops.kinds.slice import Slice
from mlops.kinds.union import OneOf
from mlops.perturbations.perturbation import Perturbation

PERTURBATIONS = Slice[Perturbation]("perturbations", "perturbation")
PerturbationName = Annotated[str, OneOf(PERTURBATIONS)]
