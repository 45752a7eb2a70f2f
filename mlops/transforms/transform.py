"""Sorts of transform; each is a function, called with what training has. What it gives becomes part of a bundle."""

from __future__ import annotations

from dataclasses import dataclass

from mlops.kinds.called import Called, declared


@dataclass(frozen=True)
class Imputation(Called):
    """From the known numbers [n] of a column, at least one, to what stands for a missing one."""


@dataclass(frozen=True)
class Scaling(Called):
    """From numbers [n] that are not all equal to `(shift, scale)`: features are `(number - shift) / scale`."""


@dataclass(frozen=True)
class Selecting(Called):
    """From features [n, k], targets [n] and the task to how useful each feature is [k]."""


imputation = declared(Imputation, "features")
scaling = declared(Scaling, "features")
selecting = declared(Selecting, "features")
