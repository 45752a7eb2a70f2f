"""How columns become numbers: what stands for a missing one, how numbers are scaled, which features are kept."""

from __future__ import annotations

from mlops.kinds.called import Called
from mlops.kinds.slice import Slice, Sort
from mlops.transforms.transform import Imputation, Scaling, Selecting

TRANSFORMS = Slice[Called]("transforms", "transform")
IMPUTATIONS = Sort(TRANSFORMS, Imputation)
SCALINGS = Sort(TRANSFORMS, Scaling)
SELECTIONS = Sort(TRANSFORMS, Selecting)
