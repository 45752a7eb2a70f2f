"""`model:` the candidates. A kind is a short name, or the user's own class in this repository."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag

from mlops.blocks.block import Block, Items

OWN_KIND = re.compile(r"^pipelines\.[a-z0-9_-]+\.[A-Za-z_]\w*:[A-Za-z]\w*$")


def own_file(address: str) -> str:
    """Name the file in the pipeline's folder that `pipelines.NAME.MODULE:NAME` stands for."""
    return f"{address.partition(':')[0].rpartition('.')[2]}.py"


Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Fraction = Annotated[float, Field(gt=0, le=1)]
Dropout = Annotated[float, Field(ge=0, lt=1)]
Count = Annotated[int, Field(ge=1)]


class Mlp(Block):
    """A multi-layer perceptron, trained by AdamW (PyTorch Lightning)."""

    kind: Literal["mlp"]
    """Name of the kind."""
    hidden: Items[Count] = (256, 256)
    """Units of each hidden layer."""
    dropout: Dropout = 0.2
    """Share of units left out in a training step."""
    lr: Positive = 1e-3
    """Learning rate."""
    weight_decay: NotNegative = 0.01
    """Pull of the weights towards nought."""


class Cnn(Block):
    """A convolutional network for small images, trained by AdamW (PyTorch Lightning)."""

    kind: Literal["cnn"]
    """Name of the kind."""
    channels: Annotated[Items[Count], Field(min_length=1)] = (32, 64, 64)
    """Channels of each convolution."""
    hidden: Count = 128
    """Units of the last hidden layer."""
    dropout: Dropout = 0.3
    """Share of units left out in a training step."""
    lr: Positive = 1e-3
    """Learning rate."""
    weight_decay: NotNegative = 0.01
    """Pull of the weights towards nought."""


class Linear(Block):
    """Logistic regression, or ridge regression of a number (scikit-learn)."""

    kind: Literal["linear"]
    """Name of the kind."""
    l2: Positive = 1.0
    """Strength of the penalty on large weights."""


class GradientBoosting(Block):
    """Boosted trees (scikit-learn); as many are kept as do best on validation."""

    kind: Literal["gradient_boosting"]
    """Name of the kind."""
    trees: Count = 300
    """Trees at most."""
    depth: Count = 4
    """Depth of a tree at most."""
    lr: Positive = 0.05
    """Learning rate."""
    min_leaf: Count = 20
    """Rows that a leaf holds at least."""
    rows: Fraction = 1.0
    """Share of the rows that each tree sees."""
    features: Fraction = 0.3
    """Share of the features that each branching chooses from."""


class RandomForest(Block):
    """Averaged trees (scikit-learn)."""

    kind: Literal["random_forest"]
    """Name of the kind."""
    trees: Count = 200
    """Trees."""
    depth: Count | None = 10
    """Depth of a tree at most; `null` for no limit."""
    min_leaf: Count = 10
    """Rows that a leaf holds at least."""
    features: Fraction = 0.5
    """Share of the features that each branching chooses from."""


class Own(Block):
    """The user's own class; keys other than `kind` are its arguments."""

    model_config = ConfigDict(extra="allow")

    kind: Annotated[str, Field(pattern=OWN_KIND.pattern)]
    """The class: `pipelines.NAME.MODULE:CLASS`, a file in the pipeline's own folder."""


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
        return kind if kind in KINDS else "own" if OWN_KIND.fullmatch(kind) else None
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
