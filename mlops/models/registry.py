"""The kinds of model that this release has, by the name that YAML gives them."""

from __future__ import annotations

from mlops.blocks.block import Block
from mlops.models.cnn import Cnn
from mlops.models.gradient_boosting import GradientBoosting
from mlops.models.linear import Linear
from mlops.models.mlp import Mlp
from mlops.models.random_forest import RandomForest

KINDS: dict[str, type[Block]] = {
    "mlp": Mlp,
    "cnn": Cnn,
    "linear": Linear,
    "gradient_boosting": GradientBoosting,
    "random_forest": RandomForest,
}
