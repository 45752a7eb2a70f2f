"""Kinds of model: a file each, with what it may be asked for and how `mlops.ml.training` learns it."""

from __future__ import annotations

from mlops.kinds.kind import Kind
from mlops.kinds.slice import Slice

MODELS = Slice[Kind]("models", "model")
