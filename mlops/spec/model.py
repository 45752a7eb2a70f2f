"""`model:` the candidates. A kind is a short name, or the user's own class in this repository."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag

from mlops.spec.block import Block, Items, Share

OWN_KIND = re.compile(r"^pipelines\.[a-z0-9_-]+\.[A-Za-z_]\w*:[A-Za-z_]\w*$")

Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]


class Mlp(Block):
    """A multi-layer perceptron (PyTorch Lightning)."""

    kind: Literal["mlp"]
    hidden: Items[Count] = (128, 128)
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.1
    lr: Positive = 1e-3
    weight_decay: Annotated[float, Field(ge=0)] = 0.0


class Cnn(Block):
    """A small convolutional network for images (PyTorch Lightning)."""

    kind: Literal["cnn"]
    channels: Items[Count] = (32, 64)
    hidden: Count = 128
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.2
    lr: Positive = 1e-3
    weight_decay: Annotated[float, Field(ge=0)] = 0.0


class Linear(Block):
    """Logistic regression or ridge regression, by task (scikit-learn)."""

    kind: Literal["linear"]
    alpha: Positive = 1.0
    """Strength of the L2 penalty."""


class GradientBoosting(Block):
    """Gradient-boosted trees (scikit-learn)."""

    kind: Literal["gradient_boosting"]
    trees: Count = 200
    depth: Count = 3
    learning_rate: Positive = 0.1
    subsample: Annotated[float, Field(gt=0, le=1)] = 0.8
    leaf: Count = 20
    """Rows a leaf holds at least."""


class RandomForest(Block):
    """A random forest (scikit-learn)."""

    kind: Literal["random_forest"]
    trees: Count = 200
    depth: Count | None = None
    leaf: Count = 5
    features: Share | None = None
    """Share of the features looked at for a split."""


class Own(Block):
    """The user's own class; keys other than `kind` are its arguments."""

    model_config = ConfigDict(extra="allow")

    kind: Annotated[str, Field(pattern=OWN_KIND.pattern)]


KINDS: dict[str, type[Block]] = {
    "mlp": Mlp,
    "cnn": Cnn,
    "linear": Linear,
    "gradient_boosting": GradientBoosting,
    "random_forest": RandomForest,
}


def _tag(value: Any) -> str | None:
    kind = value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
    if isinstance(kind, str):
        return kind if kind in KINDS else "own" if OWN_KIND.match(kind) else None
    return None


Model = Annotated[
    Annotated[Mlp, Tag("mlp")]
    | Annotated[Cnn, Tag("cnn")]
    | Annotated[Linear, Tag("linear")]
    | Annotated[GradientBoosting, Tag("gradient_boosting")]
    | Annotated[RandomForest, Tag("random_forest")]
    | Annotated[Own, Tag("own")],
    Discriminator(_tag),
]
