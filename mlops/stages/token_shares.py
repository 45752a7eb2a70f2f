"""Which tokens of a text moved the scores of explained rows most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.documents.explanations import TokenShare
from mlops.ml.training.token_input import Tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from mlops.bundle.recipe import Recipe
    from mlops.bundle.text import Text
    from mlops.ml.training.attributions import Attributions

_TOLD = 20  # of a column


def most(found: Attributions, x: NDArray[Any], recipe: Recipe) -> tuple[TokenShare, ...]:
    """Name the tokens of each text that moved the scores of rows `x` [n, width] most, the first the most.

    None where a text is one share to the model, and none of a column whose tokens are hashed: nobody can name them.
    """
    if not found.by_token:
        return ()
    return tuple(
        share
        for group in recipe.groups().texts
        if (item := recipe.text_of(group.name.partition(":")[2])) is not None and item.vocabulary is not None
        for share in _shares(found, x, Tokens.of(group), item)
    )


def _shares(found: Attributions, x: NDArray[Any], place: Tokens, item: Text) -> Iterator[TokenShare]:
    ids = x[:, place.ids].astype(np.int64).ravel()
    values = found.values[:, place.weights].ravel()
    sizes, sums = (np.bincount(ids, weights=each, minlength=place.size) for each in (np.abs(values), values))
    rows = np.bincount(ids, minlength=place.size)
    sizes[0] = 0.0  # where a text has no more tokens
    for number in np.argsort(-sizes, kind="stable")[:_TOLD].tolist():
        if sizes[number] > 0:
            token = (item.vocabulary or ())[number - 1]
            value = float(sums[number] / rows[number])
            yield TokenShare(column=item.column, token=token, value=value, rows=int(rows[number]))
