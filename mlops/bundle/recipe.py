"""What `transform.json` says: the columns a model reads and the numbers that turn them into features."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Literal

from pydantic import (
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)

from mlops.blocks.column_group import NUMBERS, USUAL, Group, Layout
from mlops.bundle.recipe_items import (
    DATED,
    IMAGE,
    NUMERIC,
    TEXT,
    Category,
    Column,
    ColumnType,
    Condition,
    Feature,
    Item,
    Made,
    Number,
    Part,
    Pixels,
    Target,
    category_features,
    number_name,
    pixel_features,
    text_features,
)
from mlops.bundle.text import Text
from mlops.errors import IntegrityError
from mlops.expressions.kinds import type_of
from mlops.expressions.steps import Step, condition
from mlops.expressions.tree import Fault

_SELDOM = ("made", "where", "texts", "pictures")
"""What most recipes have not."""


class Recipe(Item):
    """A fitted transform; `keep` picks from `layout`, `features` names what was picked, `groups` says where it stands.

    `columns` must be given; `made` are computed from them, in order, before anything else. What has other groups than
    those of every pipeline, or aggregates, is of version 2: a program that does not know them refuses it.
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
    texts: tuple[Text, ...] = ()
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
        return tuple(each.step for each in self.made)

    @classmethod
    def parse(cls, data: bytes, name: str = "transform.json") -> Recipe:
        """Read `transform.json`; raises IntegrityError when it is not one."""
        try:
            return cls.model_validate(json.loads(data))
        except (ValidationError, ValueError, RecursionError) as error:
            reason = f"{error.error_count()} problems" if isinstance(error, ValidationError) else "not JSON"
            raise IntegrityError(f"{name} is not a transform: {reason}") from error

    def layout(self) -> tuple[Feature, ...]:
        """List all that could be made: numbers and their marks, categories, numbers as they are, texts, pixels."""
        filled = [item for item in self.numbers if item.fill is not None]
        return (
            *(Feature(item.column, number_name(item)) for item in filled),
            *(Feature(item.column, f"{number_name(item)} is null") for item in filled if item.indicator),
            *(feature for item in self.categories for feature in category_features(item)),
            *(Feature(item.column, number_name(item), NUMBERS) for item in self.numbers if item.fill is None),
            *(feature for item in self.texts for feature in text_features(item)),
            *(feature for item in self.pictures for feature in pixel_features(item)),
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
        items = (*made["numbers"], *made["categories"], *made["texts"], *made["pictures"])
        version = _version((item.group for item in items), made["made"])
        return Recipe.model_validate({**made, "schema_version": version})

    def text_of(self, column: str) -> Text | None:
        """Say how the sentences of a column become tokens; None where no model reads them."""
        return next((item for item in self.texts if item.column == column), None)

    def parts(self, column: str) -> tuple[Part, ...]:
        """List the parts of a date that the model reads."""
        features = {feature.name for feature in self.layout()} if self.features is None else set(self.features)
        named = [item for item in self.numbers if item.column == column and number_name(item) in features]
        return tuple(dict.fromkeys(item.part for item in named if item.part is not None))

    @model_validator(mode="after")
    def _fits_together(self) -> Recipe:
        self._check_made()
        self._check_types()
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
        if self.schema_version != _version((feature.group for feature in layout), self.made):
            raise ValueError("the version is that of other groups of columns, or of other aggregates")
        return self

    def _check_types(self) -> None:
        """Hold every item to the type of its column."""
        types = self.types
        if any(types.get(item.column) not in _types(item.part) for item in self.numbers):
            raise ValueError("a number reads a column that is absent or has another type")
        if any(types.get(item.column) not in TEXT for item in self.categories):
            raise ValueError("a category reads a column that is absent or has another type")
        if any(types.get(item.column) != "text" for item in self.texts):
            raise ValueError("tokens are of a column that is absent or has another type")
        if any(types.get(item.column) != IMAGE for item in self.pictures):
            raise ValueError("pixels are of a column that is absent or has another type")

    def _check_made(self) -> None:
        """Hold every computed column to the type that its expression has."""
        known: dict[str, str | None] = {column.name: column.type for column in self.columns}
        for each in self.made:
            step = each.step
            try:
                found = type_of(step.node, known)
            except Fault as fault:
                raise ValueError(f"a column cannot be computed: {fault.message}") from fault
            if len(step.learnt) != len(step.aggregates):
                raise ValueError("a computed column has not what each of its aggregates learnt")
            for asked, learnt in zip(step.aggregates, step.learnt, strict=True):
                kinds = tuple(str if known[name.name] in TEXT else int for name in asked.by)
                if any(tuple(map(type, key)) != kinds for key in learnt.levels):
                    raise ValueError("an aggregate has levels of other columns")
            if each.name in known or not _alike(found, each.type):
                raise ValueError("a computed column is given too, or of another type")
            known[each.name] = each.type
        if self.where is not None:
            try:
                condition(self.where.expression, known)
            except Fault as fault:
                raise ValueError(f"the condition of rows is none: {fault.message}") from fault


def _version(groups: Iterable[str], made: Iterable[Made]) -> int:
    """Give the version that a recipe of some groups, and of some computed columns, is of."""
    return 1 if set(groups) <= set(USUAL) and not any(each.learnt for each in made) else 2


def _alike(found: str, declared: str) -> bool:
    """Whether an expression of one type makes a column of another."""
    return found == declared or {found, declared} <= set(TEXT)


def _types(part: str | None) -> tuple[str, ...]:
    return NUMERIC if part is None else DATED


def _order(item: Number) -> tuple[bool, bool]:
    return item.fill is None, item.part is not None
