"""`model:` the candidates. A kind is a short name, or the user's own class in this repository."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import ConfigDict, Field

from mlops.blocks.address import OWN_KIND
from mlops.kinds.union import Kinded, union
from mlops.models import MODELS


class Own(Kinded):
    """The user's own class; keys other than `kind` are its arguments."""

    model_config = ConfigDict(extra="allow")

    kind: Annotated[str, Field(pattern=OWN_KIND.pattern)]
    """The class: `pipelines.NAME.MODULE:CLASS`, a file in the pipeline's own folder."""


def _own(kind: str) -> str | None:
    return "own" if OWN_KIND.fullmatch(kind) else None


if TYPE_CHECKING:
    Model = Kinded
else:
    Model = union(MODELS, _own, own=Own)
