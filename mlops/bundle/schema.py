"""What a request must look like: `schema.json`, and the sentence for each field that does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, ValidationError, model_serializer

from mlops.bundle.fault import FAULTS, Fault, kind
from mlops.bundle.picture_text import PictureForm
from mlops.bundle.recipe_items import TEXT, ColumnType
from mlops.bundle.refusal import UNKNOWN, Cause
from mlops.errors import DataError, IntegrityError
from mlops.files.canonical import dumps
from mlops.files.number_text import NumberText

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mlops.bundle.recipe import Recipe
    from mlops.bundle.table import Row

MOST = 20  # problems spelled out; the rest are counted
LONGEST = 100  # characters of what a client calls a row, and of a key
_NOT_KEPT = f"must be a text of at most {LONGEST} characters, a number, true, false or null: the log keeps it"
_NAME = 80  # characters of a foreign field name that are repeated
_SELDOM = ("number", "style", "picture")
_Check = tuple[str, bool, Callable[[Any], Fault | None]]  # a field, whether it may be null, what is wrong with a value


@dataclass(frozen=True)
class Problem:
    """One thing wrong with one field of one row, counted from 0."""

    row: int
    field: str
    problem: str


@dataclass(frozen=True)
class Findings:
    """What is wrong with some rows: the first problems, how many there are, and each bad row's cause by position."""

    problems: tuple[Problem, ...]
    count: int
    causes: Mapping[int, Cause]
    warnings: tuple[Problem, ...] = ()
    """What does not keep a row from being answered, of the first such rows."""


class BadRows(DataError):
    """Rows that are not what the model reads: the first problems, and how many there are."""

    def __init__(self, problems: Sequence[Problem], count: int) -> None:
        first = problems[0]
        more = f" and {count - 1:,} more problems" if count > 1 else ""
        super().__init__(f"row {first.row}, field `{first.field}`: {first.problem}{more}")
        self.problems = tuple(problems)
        self.count = count


class Requests(BaseModel):
    """What is done with rows that cannot be taken as they are.

    `nulls`: a null where the data had none refuses its row, or is imputed as the transform says. `batch`: one bad row
    refuses all rows of its request, or bad rows alone are refused.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    nulls: Literal["refuse", "impute"] = "refuse"
    batch: Literal["all", "rows"] = "all"


class Field(BaseModel):
    """One field of a row; `minimum` and `maximum` are what was seen, not a limit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    type: ColumnType
    nullable: bool
    minimum: float | int | str | None = None
    maximum: float | int | str | None = None
    number: NumberText | None = None
    """How its numbers were written in the file, which a request may do too."""
    style: str | None = None
    """How its dates or times were written there, where not as in ISO 8601; a form that Polars knows."""
    picture: PictureForm | None = None
    """What pictures are brought to."""

    @model_serializer(mode="wrap")
    def _brief(self, dump: SerializerFunctionWrapHandler) -> dict[str, object]:
        """Leave out what most fields have not, so that earlier bundles keep their bytes."""
        return {key: value for key, value in dump(self).items() if key not in _SELDOM or value is not None}


class RequestSchema(BaseModel):
    """The fields of a row, in the transform's order.

    Each field must be there; null is allowed where the data had nulls (or allows them), and everywhere where `requests`
    imputes them. A category that training never saw is allowed: the transform has a place for it. Ranges are for
    monitoring to judge, not for the server.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Literal[1] = 1
    fields: tuple[Field, ...]
    requests: Requests = Requests()
    nulls: tuple[str, ...] | None = None
    """Texts that mean a missing value in the file; None where its texts mean what they say."""
    keys: tuple[str, ...] = ()
    """Columns of the file that the model does not read and the log keeps, where a row has them."""
    ignored: tuple[str, ...] = ()
    """Columns of the file that a row may have, and nobody reads."""

    @classmethod
    def parse(cls, data: bytes) -> RequestSchema:
        """Read a bundle's `schema.json`; raises IntegrityError when it is not one."""
        try:
            return cls.model_validate(json.loads(data))
        except (ValidationError, ValueError, RecursionError) as error:
            raise IntegrityError("schema.json is not a request schema") from error

    @classmethod
    def of(
        cls,
        recipe: Recipe,
        validated: Mapping[str, Any] | None = None,
        requests: Requests | None = None,
        nulls: Sequence[str] | None = None,
    ) -> RequestSchema:
        """Describe what a transform reads.

        `validated` is the validate stage's schema.json, for the ranges seen and the further columns of the file;
        `nulls` are the texts that mean a missing value there.
        """
        validated = validated or {"columns": []}
        seen = {column["name"]: column for column in validated["columns"]}
        read = {column.name for column in recipe.columns}
        keys = [
            name
            for name, column in seen.items()
            if column["role"] == "key" and name not in read and not column.get("personal")
        ]
        further = {*seen, *validated.get("others", ())} - {*read, *keys, recipe.target.name}
        told = nulls is not None and (tuple(nulls) != ("",) or any(column.type in TEXT for column in recipe.columns))
        return cls(
            fields=tuple(
                Field(
                    name=column.name,
                    type=column.type,
                    nullable=column.nullable,
                    minimum=seen.get(column.name, {}).get("minimum"),
                    maximum=seen.get(column.name, {}).get("maximum"),
                    number=seen.get(column.name, {}).get("number"),
                    style=seen.get(column.name, {}).get("style"),
                    picture=seen.get(column.name, {}).get("picture"),
                )
                for column in recipe.columns
            ),
            requests=requests or Requests(),
            nulls=tuple(nulls or ()) if told else None,
            keys=tuple(sorted(keys)),
            ignored=tuple(sorted(further)),
        )

    @model_serializer(mode="wrap")
    def _brief(self, dump: SerializerFunctionWrapHandler) -> dict[str, object]:
        """Leave out what stands at its default, so that earlier bundles keep their bytes."""
        usual: dict[str, object] = {"requests": Requests().model_dump(), "nulls": None, "keys": (), "ignored": ()}
        return {key: value for key, value in dump(self).items() if key not in usual or value != usual[key]}

    def dumps(self) -> str:
        """Spell `schema.json`."""
        return dumps(self.model_dump())

    def takes_null(self, field: Field) -> bool:
        """Say whether a row may hold null here."""
        return field.nullable or self.requests.nulls == "impute"

    def check(self, rows: Sequence[Any]) -> None:
        """Refuse rows that are not JSON objects of these fields; raises BadRows."""
        found = self.inspect(rows)
        if found.count:
            raise BadRows(found.problems, found.count)

    def inspect(self, rows: Sequence[Any]) -> Findings:
        """Find what is wrong with rows that should be JSON objects of these fields."""
        names = {field.name for field in self.fields}
        keys = frozenset(self.keys)
        checks = [(field.name, self.takes_null(field), FAULTS[field.type]) for field in self.fields]
        problems: list[Problem] = []
        causes: dict[int, Cause] = {}
        count = 0
        for index, row in enumerate(rows):
            for name, (reason, problem) in _row_faults(row, names, checks, keys):
                count += 1
                causes.setdefault(index, (name if name in names else UNKNOWN, reason))
                if len(problems) < MOST:
                    problems.append(Problem(index, name[:_NAME], problem))
        return Findings(tuple(problems), count, causes)


def _row_faults(
    row: Any, names: set[str], checks: Sequence[_Check], keys: frozenset[str]
) -> Iterator[tuple[str, Fault]]:
    if not isinstance(row, dict):
        yield "", Fault("row", f"must be an object of fields, not {kind(row)}")
        return
    for name, nullable, fault in checks:
        if name not in row:
            yield name, Fault("absent", "is missing")
        elif (value := row[name]) is None:
            if not nullable:
                yield name, Fault("null", "must not be null: the training data had no nulls here")
        elif (found := fault(value)) is not None:
            yield name, found
    if len(row) > len(names) or not names.issuperset(row):
        yield from _further_faults(row, names, keys)


def _further_faults(row: Row, names: set[str], keys: frozenset[str]) -> Iterator[tuple[str, Fault]]:
    """Find what is wrong with values that the model does not read."""
    for name in (name for name in row if name not in names):
        if name not in keys:
            yield name, Fault("field", "is not a field of this model")
        elif not _kept(row[name]):
            yield name, Fault("field", _NOT_KEPT)


def _kept(value: Any) -> bool:
    """Tell whether the log may keep the value of a key."""
    if isinstance(value, str):
        return len(value) <= LONGEST and FAULTS["string"](value) is None
    return value is None or isinstance(value, bool) or FAULTS["float"](value) is None
