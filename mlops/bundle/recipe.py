"""What `transform.json` says: the columns a model reads and the numbers that turn them into features."""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)

from mlops.blocks.column_group import CODES, NUMBERS, ONEHOT, ORDINAL, SCALED, USUAL, Group, Layout
from mlops.blocks.column_group import IMAGE as PICTURES
from mlops.errors import IntegrityError
from mlops.expressions.kinds import type_of
from mlops.expressions.steps import Step, condition
from mlops.expressions.tree import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

ColumnType = Literal["int", "float", "bool", "string", "category", "date", "datetime", "image"]
Part = Literal["year", "month", "day", "weekday", "hour"]
NUMERIC = ("int", "float", "bool")
TEXT = ("string", "category")
DATED = ("date", "datetime")
IMAGE: Literal["image"] = "image"
_SELDOM = ("made", "where", "pictures")
"""What most recipes have not."""
_ENCODED = {"one_hot": ONEHOT, "ordinal": ORDINAL, "codes": CODES}


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Column(_Frozen):
    """A column that must be given."""

    name: str
    type: ColumnType
    nullable: bool


class Made(_Frozen):
    """A column that is computed from given ones, and from those made before it."""

    name: str
    type: ColumnType
    expression: str


class Condition(_Frozen):
    """What is true of every row that was learnt from; whether other rows are refused."""

    expression: str
    refuse: bool


class Number(_Frozen):
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


class Category(_Frozen):
    """Text as one column per level, or as the position of its level; `other` and `null` only if training had them.

    Codes are whole numbers from 0: never seen (or too rare for a level), missing, then the levels in order.
    """

    column: str
    encode: Literal["one_hot", "ordinal", "codes"]
    levels: tuple[str, ...]
    other: bool
    null: bool

    @property
    def group(self) -> str:
        """Name the group that its features belong to."""
        return _ENCODED[self.encode]


class Pixels(_Frozen):
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


class Target(_Frozen):
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


class Recipe(_Frozen):
    """A fitted transform; `keep` picks from `layout`, `features` names what was picked, `groups` says where it stands.

    `columns` must be given; `made` are computed from them, in order, before anything else. What has other groups than
    those of every pipeline is of version 2: a program that does not know them refuses it.
    """

    schema_version: Literal[1, 2]
    kind: Literal["tabular", "image"]
    task: Literal["binary", "multiclass", "regression"]
    target: Target
    columns: tuple[Column, ...]
    made: tuple[Made, ...] = ()
    where: Condition | None = None
    numbers: tuple[Number, ...] = ()
    categories: tuple[Category, ...] = ()
    pictures: tuple[Pixels, ...] = ()
    keep: tuple[int, ...] | None = None
    features: tuple[str, ...] | None = None
    shape: tuple[int, ...] | None = None
    notes: tuple[str, ...] = ()

    @model_serializer(mode="wrap")
    def _brief(self, dump: SerializerFunctionWrapHandler) -> dict[str, object]:
        """Leave out what most recipes have not, so that earlier bundles keep their bytes."""
        return {key: value for key, value in dump(self).items() if key not in _SELDOM or value}

    @property
    def types(self) -> dict[str, ColumnType]:
        """The type of every column, given or made."""
        given = {column.name: column.type for column in self.columns}
        return given | {each.name: each.type for each in self.made}

    @property
    def steps(self) -> tuple[Step, ...]:
        """What is computed of the given columns."""
        return tuple(Step(each.name, each.type, each.expression) for each in self.made)

    @classmethod
    def parse(cls, data: bytes, name: str = "transform.json") -> Recipe:
        """Read `transform.json`; raises IntegrityError when it is not one."""
        try:
            return cls.model_validate(json.loads(data))
        except (ValidationError, ValueError, RecursionError) as error:
            reason = f"{error.error_count()} problems" if isinstance(error, ValidationError) else "not JSON"
            raise IntegrityError(f"{name} is not a transform: {reason}") from error

    def layout(self) -> tuple[Feature, ...]:
        """List all that could be made: numbers and their indicators, categories, numbers as they are, pixels."""
        filled = [item for item in self.numbers if item.fill is not None]
        return (
            *(Feature(item.column, _number_name(item)) for item in filled),
            *(Feature(item.column, f"{_number_name(item)} is null") for item in filled if item.indicator),
            *(feature for item in self.categories for feature in _category_features(item)),
            *(Feature(item.column, _number_name(item), NUMBERS) for item in self.numbers if item.fill is None),
            *(feature for item in self.pictures for feature in _pixel_features(item)),
        )

    def kept(self) -> tuple[Feature, ...]:
        """List the features that are made, as they stand in the model's input."""
        layout = self.layout()
        return layout if self.keep is None else tuple(layout[index] for index in self.keep)

    def groups(self) -> Layout:
        """Say which groups of columns stand where in the model's input."""
        places: dict[str, list[int]] = {}
        kept = self.kept()
        for place, feature in enumerate(kept):
            places.setdefault(feature.group, []).append(place)
        alone = self.shape if len(places) == 1 else None
        shapes = {item.group: item.shape for item in self.pictures}
        sizes = {name: tuple(kept[place].size for place in at) for name, at in places.items()}
        return Layout(
            tuple(
                Group(name, tuple(at), shapes.get(name) or alone or (len(at),), sizes[name] if any(sizes[name]) else ())
                for name, at in places.items()
            )
        )

    def changed(self, **parts: object) -> Recipe:
        """Give it other parts, and hold what comes of it together; the version is that of its groups."""
        made = {**dict(self), **parts}
        usual = all(item.group in USUAL for item in (*made["numbers"], *made["categories"], *made["pictures"]))
        return Recipe.model_validate({**made, "schema_version": 1 if usual else 2})

    def parts(self, column: str) -> tuple[Part, ...]:
        """List the parts of a date that the model reads."""
        features = {feature.name for feature in self.layout()} if self.features is None else set(self.features)
        named = [item for item in self.numbers if item.column == column and _number_name(item) in features]
        return tuple(dict.fromkeys(item.part for item in named if item.part is not None))

    @model_validator(mode="after")
    def _fits_together(self) -> Recipe:
        self._check_made()
        types = self.types
        if any(types.get(item.column) not in _types(item.part) for item in self.numbers):
            raise ValueError("a number reads a column that is absent or has another type")
        if any(types.get(item.column) not in TEXT for item in self.categories):
            raise ValueError("a category reads a column that is absent or has another type")
        if any(types.get(item.column) != IMAGE for item in self.pictures):
            raise ValueError("pixels are of a column that is absent or has another type")
        if sorted(self.numbers, key=_order) != list(self.numbers):
            raise ValueError("parts of dates come after plain numbers, and numbers as they are come last")
        if any(item.fill is None and (item.scale != 1 or item.indicator) for item in self.numbers):
            raise ValueError("a number without a fill is not as the table has it")
        layout = self.layout()
        keep = range(len(layout)) if self.keep is None else self.keep
        if any(not 0 <= index < len(layout) for index in keep):
            raise ValueError("keep names a feature that is not there")
        if self.features is not None and self.features != tuple(layout[index].name for index in keep):
            raise ValueError("features are not what keep picks")
        if self.shape is not None and math.prod(self.shape) != len(keep):
            raise ValueError("shape does not hold the features")
        if self.schema_version != (1 if {feature.group for feature in layout} <= set(USUAL) else 2):
            raise ValueError("the version is that of other groups of columns")
        return self

    def _check_made(self) -> None:
        """Hold every computed column to the type that its expression has."""
        known: dict[str, str | None] = {column.name: column.type for column in self.columns}
        for each in self.made:
            try:
                found = type_of(Step(each.name, each.type, each.expression).node, known)
            except Fault as fault:
                raise ValueError(f"a column cannot be computed: {fault.message}") from fault
            if each.name in known or not _alike(found, each.type):
                raise ValueError("a computed column is given too, or of another type")
            known[each.name] = each.type
        if self.where is not None:
            try:
                condition(self.where.expression, known)
            except Fault as fault:
                raise ValueError(f"the condition of rows is none: {fault.message}") from fault


def _alike(found: str, declared: str) -> bool:
    """Whether an expression of one type makes a column of another."""
    return found == declared or {found, declared} <= set(TEXT)


def _types(part: str | None) -> tuple[str, ...]:
    return NUMERIC if part is None else DATED


def _order(item: Number) -> tuple[bool, bool]:
    return item.fill is None, item.part is not None


def _number_name(item: Number) -> str:
    return item.column if item.part is None else f"{item.column}.{item.part}"


def _pixel_features(item: Pixels) -> Iterator[Feature]:
    channels, height, width = item.shape
    for channel, y, x in itertools.product(range(channels), range(height), range(width)):
        yield Feature(item.column, f"{item.column}[{channel},{y},{x}]", item.group)


def _category_features(item: Category) -> Iterator[Feature]:
    if item.encode != "one_hot":
        size = len(item.levels) + 2 if item.encode == "codes" else 0
        yield Feature(item.column, item.column, item.group, size)
        return
    yield from (Feature(item.column, f"{item.column}={level}", ONEHOT) for level in item.levels)
    if item.other:
        yield Feature(item.column, f"{item.column} is other", ONEHOT)
    if item.null:
        yield Feature(item.column, f"{item.column} is null", ONEHOT)
