"""A candidate as it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from mlops.blocks.column_group import USUAL, declared


class Asked(BaseModel):
    """A kind and its parameters, which the kind itself checks.

    >>> Asked(kind="mlp", lr=0.01).parameters
    {'lr': 0.01}
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    kind: str

    @property
    def parameters(self) -> dict[str, Any]:
        """What is left beside the kind, and beside what a class of a user's own is said to read."""
        more = self.model_extra or {}
        return {key: value for key, value in more.items() if key != "groups" or not self.own}

    @property
    def groups(self) -> tuple[str, ...]:
        """Groups of columns that a class of a user's own is said to read; raises ValueError where one is unknown."""
        said: Sequence[str] = (self.model_extra or {}).get("groups") or USUAL
        return declared(said)

    @property
    def own(self) -> bool:
        """Whether the kind is the address of code in the pipeline's own folder."""
        return ":" in self.kind or "." in self.kind
