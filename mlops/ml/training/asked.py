"""A candidate as it is asked for."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class Asked(BaseModel):
    """A kind and its parameters, which the kind itself checks.

    >>> Asked(kind="mlp", lr=0.01).parameters
    {'lr': 0.01}
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    kind: str

    @property
    def parameters(self) -> dict[str, Any]:
        """What is left beside the kind."""
        return dict(self.model_extra or {})

    @property
    def own(self) -> bool:
        """Whether the kind is the address of code in the pipeline's own folder."""
        return ":" in self.kind or "." in self.kind
