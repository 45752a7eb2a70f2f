"""`model:` the candidates. A kind is a short name, or the user's own class in this repository."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Discriminator, Field, Tag

from mlops.blocks.address import OWN_KIND
from mlops.blocks.block import Block
from mlops.models.cnn import Cnn
from mlops.models.gradient_boosting import GradientBoosting
from mlops.models.linear import Linear
from mlops.models.mlp import Mlp
from mlops.models.random_forest import RandomForest
from mlops.models.registry import KINDS


class Own(Block):
    """The user's own class; keys other than `kind` are its arguments."""

    model_config = ConfigDict(extra="allow")

    kind: Annotated[str, Field(pattern=OWN_KIND.pattern)]
    """The class: `pipelines.NAME.MODULE:CLASS`, a file in the pipeline's own folder."""


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
