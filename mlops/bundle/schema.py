"""What a request must look like: `schema.json`, and the sentence for each field that does not."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from mlops.bundle import moments
from mlops.bundle.recipe import ColumnType
from mlops.errors import DataError, IntegrityError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mlops.bundle.recipe import Recipe

MOST = 20  # problems spelled out; the rest are counted
_NAME = 80  # characters of a foreign field name that are repeated


@dataclass(frozen=True)
class Problem:
    """One thing wrong with one field of one row, counted from 0."""

    row: int
    field: str
    problem: str


class BadRows(DataError):
    """Rows that are not what the model reads: the first problems, and how many there are."""

    def __init__(self, problems: Sequence[Problem], count: int) -> None:
        first = problems[0]
        more = f" and {count - 1:,} more problems" if count > 1 else ""
        super().__init__(f"row {first.row}, field `{first.field}`: {first.problem}{more}")
        self.problems = tuple(problems)
        self.count = count


class Field(BaseModel):
    """One field of a row; `minimum` and `maximum` are what was seen, not a limit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    type: ColumnType
    nullable: bool
    minimum: float | int | str | None = None
    maximum: float | int | str | None = None


class RequestSchema(BaseModel):
    """The fields of a row, in the transform's order.

    Each field must be there; null is allowed where the data had nulls (or allows them). A category that training never
    saw is allowed: the transform has a place for it. Ranges are for monitoring to judge, not for the server.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Literal[1] = 1
    fields: tuple[Field, ...]

    @classmethod
    def parse(cls, data: bytes) -> RequestSchema:
        """Read a bundle's `schema.json`; raises IntegrityError when it is not one."""
        try:
            return cls.model_validate(json.loads(data))
        except (ValidationError, ValueError, RecursionError) as error:
            raise IntegrityError("schema.json is not a request schema") from error

    @classmethod
    def of(cls, recipe: Recipe, validated: Mapping[str, Any] | None = None) -> RequestSchema:
        """Describe what a transform reads; `validated` is the validate stage's schema.json, for the ranges seen."""
        seen = {column["name"]: column for column in (validated or {"columns": []})["columns"]}
        return cls(
            fields=tuple(
                Field(
                    name=column.name,
                    type=column.type,
                    nullable=column.nullable,
                    minimum=seen.get(column.name, {}).get("minimum"),
                    maximum=seen.get(column.name, {}).get("maximum"),
                )
                for column in recipe.columns
            )
        )

    def check(self, rows: Sequence[Any]) -> None:
        """Refuse rows that are not JSON objects of these fields; raises BadRows."""
        names = {field.name for field in self.fields}
        checks = [(field.name, field.nullable, _FAULTS[field.type]) for field in self.fields]
        problems: list[Problem] = []
        count = 0
        for index, row in enumerate(rows):
            for name, problem in _row_faults(row, names, checks):
                count += 1
                if len(problems) < MOST:
                    problems.append(Problem(index, name[:_NAME], problem))
        if count:
            raise BadRows(problems, count)

    def json_schema(self) -> dict[str, Any]:
        """Describe a request to /invocations in JSON Schema 2020-12."""
        names = [field.name for field in self.fields]
        row = {
            "type": "object",
            "properties": {field.name: _json_type(field) for field in self.fields},
            "required": names,
            "additionalProperties": False,
        }
        split = {
            "type": "object",
            "properties": {
                "columns": {"type": "array", "items": {"enum": names}},
                "data": {"type": "array", "items": {"type": "array"}},
            },
            "required": ["columns", "data"],
        }
        columns = {"type": "object", "additionalProperties": {"type": "array"}}
        rows = {"type": "array", "items": row}
        forms = {
            "dataframe_records": rows,
            "dataframe_split": split,
            "instances": {"anyOf": [rows, columns]},
            "inputs": {"anyOf": [rows, columns]},
        }
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "oneOf": [
                {"properties": {form: schema}, "required": [form], "additionalProperties": False}
                for form, schema in forms.items()
            ],
        }


def _row_faults(
    row: Any, names: set[str], checks: list[tuple[str, bool, Callable[[Any], str | None]]]
) -> Iterator[tuple[str, str]]:
    if not isinstance(row, dict):
        yield "", f"must be an object of fields, not {_kind(row)}"
        return
    for name, nullable, fault in checks:
        if name not in row:
            yield name, "is missing"
        elif (value := row[name]) is None:
            if not nullable:
                yield name, "must not be null: the training data had no nulls here"
        elif (problem := fault(value)) is not None:
            yield name, problem
    if len(row) > len(names) or not names.issuperset(row):
        yield from ((name, "is not a field of this model") for name in row if name not in names)


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "a boolean"
    names = {int: "a number", float: "a number", str: "a string", list: "an array", dict: "an object"}
    return names.get(type(value), "null")


def _int_fault(value: Any) -> str | None:
    if type(value) is int or (type(value) is float and value.is_integer()):
        return None if -(2**63) <= value < 2**63 else "does not fit 64 bits"
    return "must be a whole number" if type(value) is float else f"must be a whole number, not {_kind(value)}"


def _float_fault(value: Any) -> str | None:
    if type(value) is float:
        return None if math.isfinite(value) else "must be a finite number"
    if type(value) is int:
        return None if abs(value) < 2**1000 else "must be a finite number"
    return f"must be a number, not {_kind(value)}"


def _bool_fault(value: Any) -> str | None:
    return None if isinstance(value, bool) else f"must be true or false, not {_kind(value)}"


def _text_fault(value: Any) -> str | None:
    if not isinstance(value, str):
        return f"must be a string, not {_kind(value)}"
    try:
        value.encode()
    except UnicodeEncodeError:
        return "must be Unicode: half of a surrogate pair is none"  # JSON can spell it, a table cannot hold it
    return None


def _date_fault(value: Any) -> str | None:
    return _moment_fault(value, moments.parse_date, "a date like 2024-05-31")


def _datetime_fault(value: Any) -> str | None:
    return _moment_fault(value, moments.parse_datetime, "a time like 2024-05-31T12:00:00")


def _moment_fault(value: Any, parse: Callable[[str], int], wanted: str) -> str | None:
    if not isinstance(value, str):
        return f"must be {wanted}, not {_kind(value)}"
    try:
        parse(value)
    except (ValueError, OverflowError):
        return f"must be {wanted}"
    return None


_FAULTS: dict[str, Callable[[Any], str | None]] = {
    "int": _int_fault,
    "float": _float_fault,
    "bool": _bool_fault,
    "string": _text_fault,
    "category": _text_fault,
    "date": _date_fault,
    "datetime": _datetime_fault,
}


def _json_type(field: Field) -> dict[str, Any]:
    name, extra = {
        "int": ("integer", {}),
        "float": ("number", {}),
        "bool": ("boolean", {}),
        "date": ("string", {"format": "date"}),
        "datetime": ("string", {"format": "date-time"}),
    }.get(field.type, ("string", {}))
    seen = {} if field.minimum is None else {"description": f"seen from {field.minimum} to {field.maximum}"}
    return {"type": [name, "null"] if field.nullable else name, **extra, **seen}
