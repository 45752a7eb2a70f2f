"""Kinds of model: a file each, with what it may be asked for and how `mlops.ml.training` learns it."""

from __future__ import annotations

from functools import partial

from mlops.kinds.kind import Kind, of_plugin
from mlops.kinds.slice import Slice
from mlops.kinds.union import Kinded

MODELS = Slice[Kind]("models", "model", partial(of_plugin, role="train", base=Kinded))
