"""What a fitted transform makes of a column, and which features of the model's input these are."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from mlops.blocks.column_group import (
    BY_TARGET,
    CODES,
    LONG_TARGET_CODED,
    NUMBERS,
    ONEHOT,
    ORDINAL,
    SCALED,
    TARGET_CODED,
)
from mlops.blocks.column_group import IMAGE as PICTURES
from mlops.expressions.aggregates import Key, Learnt
from mlops.expressions.steps import Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlops.bundle.text import Text

ColumnType = Literal["int", "float", "bool", "string", "category", "text", "date", "datetime", "image"]
Part = Literal["year", "month", "day", "weekday", "hour"]
NUMERIC = ("int", "float", "bool")
TEXT = ("string", "category", "text")
DATED = ("date", "datetime")
IMAGE: Literal["image"] = "image"
_ENCODED = {
    "one_hot": ONEHOT,
    "ordinal": ORDINAL,
    "codes": CODES,
    "target": TARGET_CODED,
    "long_target": LONG_TARGET_CODED,
}


class Item(BaseModel):
    """A part of a recipe."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Column(Item):
    """A column that must be given."""

    name: str
    type: ColumnType
    nullable: bool


class Frozen(Item):
    """What training had of an aggregate: `values` of levels by `keys`, in order; `otherwise` stands for any other."""

    otherwise: float | None
    keys: tuple[Key, ...] = ()
    values: tuple[float, ...] = ()

    @classmethod
    def of(cls, learnt: Learnt) -> Frozen:
        """Spell what was learnt."""
        return cls(otherwise=learnt.otherwise, keys=tuple(learnt.levels), values=tuple(learnt.levels.values()))

    @property
    def learnt(self) -> Learnt:
        """Give it as expressions look it up."""
        return Learnt(self.otherwise, dict(zip(self.keys, self.values, strict=True)))

    @model_validator(mode="after")
    def _one_each(self) -> Frozen:
        if len(self.keys) != len(self.values) or len(set(self.keys)) != len(self.keys):
            raise ValueError("an aggregate has not one value for each level")
        return self


class Made(Item):
    """A column that is computed from given ones, and from those made before it.

    `learnt` is what training had of each aggregate of the expression, in their order.
    """

    name: str
    type: ColumnType
    expression: str
    learnt: tuple[Frozen, ...] = ()

    @classmethod
    def of(cls, step: Step) -> Made:
        """Spell a step."""
        learnt = tuple(map(Frozen.of, step.learnt))
        return cls.model_validate(
            {"name": step.name, "type": step.type, "expression": step.expression, "learnt": learnt}
        )

    @property
    def step(self) -> Step:
        """Give it as it is computed."""
        return Step(self.name, self.type, self.expression, tuple(each.learnt for each in self.learnt))

    @model_serializer(mode="wrap")
    def _brief(self, dump: SerializerFunctionWrapHandler) -> dict[str, object]:
        """Leave out what few have, so that earlier bundles keep their bytes."""
        return {key: value for key, value in dump(self).items() if key != "learnt" or value}


class Condition(Item):
    """What is true of every row that was learnt from; whether other rows are refused."""

    expression: str
    refuse: bool


class Number(Item):
    """A number, or a part of a date: missing values become `fill`, then `(value - shift) / scale`.

    Where there is no `fill` it stays as the table has it, NaN where missing, in a group of its own; a `shift` is then
    taken off only where single precision would take neighbouring values for the same.
    """

    column: str
    part: Part | None = None
    fill: float | None
    shift: float
    scale: float = Field(gt=0)
    indicator: bool = False

    @property
    def group(self) -> str:
        """Name the group that its feature belongs to."""
        return NUMBERS if self.fill is None else SCALED


class Category(Item):
    """Text as one column per level, or as the position of its level; `other` and `null` only if training had them.

    Codes are whole numbers from 0: never seen (or too rare for a level), missing, then the levels in order. What is
    told by the target has `means`: of the levels in order, of what is none of them, of a missing value; where there
    are more than two classes, how often each was the one that `label` names.
    """

    column: str
    encode: Literal["one_hot", "ordinal", "codes", "target", "long_target"]
    levels: tuple[str, ...]
    other: bool
    null: bool
    label: str = ""
    means: tuple[float, ...] = ()

    @model_serializer(mode="wrap")
    def _brief(self, dump: SerializerFunctionWrapHandler) -> dict[str, object]:
        """Leave out what only those by the target have, so that earlier bundles keep their bytes."""
        return {key: value for key, value in dump(self).items() if key not in ("label", "means") or value}

    @model_validator(mode="after")
    def _whole(self) -> Category:
        if len(self.means) != (len(self.levels) + 2 if self.by_target else 0):
            raise ValueError(
                "a category has not one mean for each level, for what is none of them and for a missing value"
            )
        return self

    @property
    def group(self) -> str:
        """Name the group that its features belong to."""
        return _ENCODED[self.encode]

    @property
    def by_target(self) -> bool:
        """Whether it is told by what the target was on average."""
        return self.group in BY_TARGET


class Pixels(Item):
    """Pixels of a picture, row by row of each channel: `(value / scale - shift) / spread`, the latter two by channel.

    Where a row has no picture, all are 0, as those of a picture of the mean are.
    """

    column: str
    shape: tuple[int, int, int]
    scale: float = Field(gt=0)
    shift: tuple[float, ...]
    spread: tuple[Annotated[float, Field(gt=0)], ...]

    @model_validator(mode="after")
    def _whole(self) -> Pixels:
        if min(self.shape) < 1 or {len(self.shift), len(self.spread)} != {self.shape[0]}:
            raise ValueError("a picture has not one shift and one spread for each channel")
        return self

    @property
    def count(self) -> int:
        """How many there are, in all channels."""
        return math.prod(self.shape)

    @property
    def group(self) -> str:
        """Name the group that its features belong to."""
        return f"{PICTURES}:{self.column}"


class Target(Item):
    """What is predicted; `classes` in the order of the model's outputs."""

    name: str
    classes: tuple[bool | int | float | str, ...] | None = None


@dataclass(frozen=True)
class Feature:
    """One column of the model's input, the column of the table it comes from, and the group it belongs to.

    `size` is the number of values that it may have, where these are whole numbers from 0.
    """

    column: str
    name: str
    group: str = SCALED
    size: int = 0


def number_name(item: Number) -> str:
    """Name the feature of a number."""
    return item.column if item.part is None else f"{item.column}.{item.part}"


def pixel_features(item: Pixels) -> Iterator[Feature]:
    """List pixels, channel by channel and row by row."""
    channels, height, width = item.shape
    for channel, y, x in itertools.product(range(channels), range(height), range(width)):
        yield Feature(item.column, f"{item.column}[{channel},{y},{x}]", item.group)


def category_features(item: Category) -> Iterator[Feature]:
    """List levels, or the one code."""
    if item.encode != "one_hot":
        size = len(item.levels) + 2 if item.encode == "codes" else 0
        name = f"{item.column} by {item.label or 'target'}" if item.by_target else item.column
        yield Feature(item.column, name, item.group, size)
        return
    yield from (Feature(item.column, f"{item.column}={level}", ONEHOT) for level in item.levels)
    if item.other:
        yield Feature(item.column, f"{item.column} is other", ONEHOT)
    if item.null:
        yield Feature(item.column, f"{item.column} is null", ONEHOT)


def text_features(item: Text) -> Iterator[Feature]:
    """List ids of tokens, then their weights."""
    names = item.features()
    sizes = [item.size + 1] * item.length + [0] * item.length
    yield from (Feature(item.column, name, item.group, size) for name, size in zip(names, sizes, strict=True))
