"""What is asked of the transform, and what is learnt with it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mlops.blocks import block
from mlops.blocks.derived import Computed
from mlops.blocks.where import Where
from mlops.transforms import features


class Options(features.Features):
    """What is asked of the transform, and what is learnt with it."""

    task: Literal["binary", "multiclass", "regression"]
    target: block.Column
    where: Where | None = None
    derive: dict[str, Computed] = Field(default_factory=dict)
    """Columns that are computed of a row: the server does so too."""
    weight: str | None = None
    seed: int = 0
    """Draws the order of training rows, where categories are told by the target."""
    learnt: block.Items[block.Column] = ()
    """Those of them that are learnt from rows of training, and are features."""
    groups: block.Items[str] = ()
    """Groups of columns that candidates read beside the usual ones, which the simple baseline reads too."""
