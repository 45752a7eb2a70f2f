"""The arrays that `train` learns from, and a name for all that its result depends on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.blocks.column_group import UNKNOWN, Layout
from mlops.bundle.recipe import Recipe
from mlops.files.canonical import digest_file, digest_json
from mlops.ml.training.problem import Examples

if TYPE_CHECKING:
    from pathlib import Path

    from mlops.stages.context import StageContext

_ARRAYS = ("train_x", "train_y", "validation_x", "validation_y")
_WEIGHTS = ("train_w", "validation_w")
TRANSFORM = "artifacts/features/transform.json"
FOLDS = "artifacts/features/folds.npy"
"""The fold of each row, where rows are dealt into folds."""


@dataclass(frozen=True)
class Inputs:
    """What the result depends on, by digest; checkpoints and MLflow runs are kept apart by it."""

    data: str
    configuration: str
    code: str

    @property
    def digest(self) -> str:
        """Name them all."""
        return digest_json([self.data, self.configuration, self.code])

    @classmethod
    def of(cls, context: StageContext, weight: str | None, code: Any, libraries: Any) -> Inputs:
        """Name arrays, section and code of a run; `weight` is the column that rows count by."""
        configuration = {key: value for key, value in context.params.items() if key not in {"code", "libraries"}}
        return cls(
            data=digest_json({name: digest_file(path) for name, path in _read(context, weight).items()}),
            configuration=digest_json(configuration),
            code=digest_json([code, libraries]),
        )


def load(context: StageContext, weight: str | None) -> Examples:
    """Load what `features` made: rows to learn from and to judge by, with what they count where a column says it."""
    return Examples(**{name: np.load(_array(context, name), allow_pickle=False) for name in _names(weight)})


def columns(context: StageContext) -> tuple[tuple[str | None, ...], Layout]:
    """Say of the features which column each is the number of, None of others, and which groups of them there are."""
    path = context.path(TRANSFORM)
    recipe = Recipe.parse(path.read_bytes()) if path.is_file() else None
    if recipe is None:
        return (), UNKNOWN
    if recipe.kind == "image":
        return (), recipe.groups()
    plain = {number.column for number in recipe.numbers if number.part is None}
    names = tuple(each.column if each.name == each.column in plain else None for each in recipe.kept())
    return names, recipe.groups()


def _names(weight: str | None) -> tuple[str, ...]:
    return _ARRAYS if weight is None else (*_ARRAYS, *_WEIGHTS)


def _read(context: StageContext, weight: str | None) -> dict[str, Path]:
    """Name all that is read; where rows have folds, another deal of the same rows is another thing to learn from."""
    arrays, dealt = {name: _array(context, name) for name in _names(weight)}, context.path(FOLDS)
    return arrays | ({"folds": dealt} if dealt.is_file() else {})


def _array(context: StageContext, name: str) -> Path:
    return context.path(f"artifacts/features/{name}.npy")
