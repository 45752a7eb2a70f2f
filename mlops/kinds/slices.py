"""The slices that there are."""

from __future__ import annotations

from mlops.kinds.slice import Slice

MODELS = Slice("models", "model")

SLICES = {each.name: each for each in (MODELS,)}
