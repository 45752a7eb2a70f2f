"""`conf/release/<environment>/<pipeline>.yaml`: which bundle is live where."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from mlops.blocks.block import Block, Digest
from mlops.configuration.approvals import Broken


def _percent(value: Any) -> Any:
    """Read `10%` as 0.1."""
    if isinstance(value, str) and re.fullmatch(r"\d{1,2}(\.\d{1,4})?\s?%", value):
        return float(value.rstrip("% ")) / 100
    return value


class Rollout(Block):
    """How traffic comes to a bundle that becomes live."""

    canary: Annotated[float, Field(gt=0, lt=1), BeforeValidator(_percent, json_schema_input_type=float | str)]
    """Share of the traffic that the new bundle answers at first: `0.1`, or `10%`."""
    then: Literal["analyse", "promote"] = "analyse"
    """`analyse`: the rest of the traffic follows when the canary's figures hold; `promote`: when it is healthy."""


class Release(Block):
    """The bundle that an environment serves."""

    bundle: Digest
    """Digest of the bundle, as `mlops register` prints it."""
    image: Digest | None = None
    """Digest of the image that holds this bundle alone, where a target mounts it: `mlops release` computes it from the
    bundle, `mlops image NAME --model` writes the image."""
    rollout: Rollout | None = None
    """How traffic comes to it; all at once where absent."""
    reason: Annotated[str, StringConstraints(min_length=1, max_length=500)] | None = None
    """Why this bundle is live, in a sentence, where that is not plain from its gates."""
    break_glass: Broken | None = None
    """Says that nobody could review this release, because GitHub was down; take it away by a reviewed pull request."""
