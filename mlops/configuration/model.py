"""`model:` the candidates. A kind is a short name, or the user's own class in this repository."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

from mlops.blocks.address import OWN_KIND
from mlops.blocks.block import Items
from mlops.blocks.column_group import declared
from mlops.kinds.union import Kinded, union
from mlops.models import MODELS


class Own(Kinded):
    """The user's own class; keys other than `kind` and `groups` are its arguments."""

    model_config = ConfigDict(extra="allow")

    kind: Annotated[str, Field(pattern=OWN_KIND.pattern)]
    """The class: `pipelines.NAME.MODULE:CLASS`, a file in the pipeline's own folder."""
    groups: Annotated[Items[str], AfterValidator(declared)] | None = None
    """Groups of columns that it reads, side by side: `scaled`, `onehot`, `numbers` (NaN is missing), `codes` (0 unseen,
    1 missing, 2 and more the levels), `target_coded` (what the target was on average at a level), `long_target_coded`
    (the same of long categories alone); where absent numbers scaled and categories as `features` says."""

    @model_serializer(mode="wrap")
    def _spelt(self, spell: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what nobody asks for: a pipeline that says nothing of groups is compiled as ever."""
        found: dict[str, Any] = spell(self)
        return {key: value for key, value in found.items() if key != "groups" or value is not None}


def _own(kind: str) -> str | None:
    return "own" if OWN_KIND.fullmatch(kind) else None


def own_code(model: Kinded) -> tuple[str, str] | None:
    """Give the key that names code of a pipeline's own which makes a candidate, and its address; None where none does.

    Example:
        >>> own_code(Own(kind="pipelines.churn.model:Trees"))
        ('kind', 'pipelines.churn.model:Trees')
    """
    if isinstance(model, Own):
        return "kind", model.kind
    kind = MODELS.get(model.kind)
    key = None if kind is None else kind.can.get("own")
    return None if key is None else (key, str(getattr(model, key)))


def own_addresses(models: Iterable[Kinded]) -> list[str]:
    """List the addresses of a pipeline's own code that makes candidates."""
    return [own[1] for own in map(own_code, models) if own is not None]


if TYPE_CHECKING:
    Model = Kinded
else:
    Model = union(MODELS, _own, own=Own)
