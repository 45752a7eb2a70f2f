"""What a request must look like: `schema.json`, and the sentence for each field that does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, ValidationError, model_serializer

from mlops.bundle.fault import FAULTS, Fault, kind
from mlops.bundle.recipe import ColumnType
from mlops.bundle.refusal import UNKNOWN, Cause
from mlops.errors import DataError, IntegrityError
from mlops.files.canonical import dumps
from mlops.files.number_text import NumberText

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pydantic.json_schema import JsonSchemaValue

    from mlops.bundle.recipe import Recipe

MOST = 20  # problems spelled out; the rest are counted
LONGEST = 100  # characters of what a client calls a row
_TEXT = {"type": "string", "minLength": 1, "maxLength": LONGEST}
_PARAMS = {
    "type": "object",
    "properties": {
        "client_id": {
            "description": "what you call each row; it is kept with the answer: let it say nothing of anybody",
            "anyOf": [_TEXT, {"type": "array", "items": {"anyOf": [_TEXT, {"type": "null"}]}}],
        }
    },
    "additionalProperties": False,
}
_NAME = 80  # characters of a foreign field name that are repeated
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

    @model_serializer(mode="wrap")
    def _brief(self, dump: SerializerFunctionWrapHandler) -> dict[str, object]:
        """Leave out what most fields have not, so that earlier bundles keep their bytes."""
        return {key: value for key, value in dump(self).items() if key != "number" or value is not None}


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

    @classmethod
    def parse(cls, data: bytes) -> RequestSchema:
        """Read a bundle's `schema.json`; raises IntegrityError when it is not one."""
        try:
            return cls.model_validate(json.loads(data))
        except (ValidationError, ValueError, RecursionError) as error:
            raise IntegrityError("schema.json is not a request schema") from error

    @classmethod
    def of(
        cls, recipe: Recipe, validated: Mapping[str, Any] | None = None, requests: Requests | None = None
    ) -> RequestSchema:
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
                    number=seen.get(column.name, {}).get("number"),
                )
                for column in recipe.columns
            ),
            requests=requests or Requests(),
        )

    def dumps(self) -> str:
        """Spell `schema.json`; what stands at its default is left out, so that earlier bundles keep their bytes."""
        return dumps(self.model_dump(exclude={"requests"} if self.requests == Requests() else None))

    def takes_null(self, field: Field) -> bool:
        """Say whether a row may hold null here."""
        return field.nullable or self.requests.nulls == "impute"

    def plain(self, rows: Sequence[Any]) -> Sequence[Any]:
        """Read numbers that are written as the file writes them; whatever else rows are stays, for `inspect` to judge.

        Give the very rows where no field has a form of its own.
        """
        forms = {field.name: (field.type, field.number) for field in self.fields if field.number is not None}
        return [_plain(row, forms) for row in rows] if forms else rows

    def check(self, rows: Sequence[Any]) -> None:
        """Refuse rows that are not JSON objects of these fields; raises BadRows."""
        found = self.inspect(rows)
        if found.count:
            raise BadRows(found.problems, found.count)

    def inspect(self, rows: Sequence[Any]) -> Findings:
        """Find what is wrong with rows that should be JSON objects of these fields."""
        names = {field.name for field in self.fields}
        checks = [(field.name, self.takes_null(field), FAULTS[field.type]) for field in self.fields]
        problems: list[Problem] = []
        causes: dict[int, Cause] = {}
        count = 0
        for index, row in enumerate(rows):
            for name, (reason, problem) in _row_faults(row, names, checks):
                count += 1
                causes.setdefault(index, (name if name in names else UNKNOWN, reason))
                if len(problems) < MOST:
                    problems.append(Problem(index, name[:_NAME], problem))
        return Findings(tuple(problems), count, causes)

    def json_schema(self) -> JsonSchemaValue:
        """Describe a request to /invocations in JSON Schema 2020-12."""
        names = [field.name for field in self.fields]
        row = {
            "type": "object",
            "properties": {field.name: _json_type(field, nullable=self.takes_null(field)) for field in self.fields},
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
                {"properties": {form: schema, "params": _PARAMS}, "required": [form], "additionalProperties": False}
                for form, schema in forms.items()
            ],
        }


def _plain(row: Any, forms: Mapping[str, tuple[str, NumberText]]) -> Any:
    """Read the texts of a row that are numbers of their field's form."""
    if not isinstance(row, dict):
        return row
    found = {}
    for name, (wanted, form) in forms.items():
        value = row.get(name)
        text = form.plain(value) if isinstance(value, str) else None
        if text is not None:
            found[name] = int(text) if wanted == "int" and "." not in text else float(text)
    return {**row, **found} if found else row


def _row_faults(row: Any, names: set[str], checks: Sequence[_Check]) -> Iterator[tuple[str, Fault]]:
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
        yield from ((name, Fault("field", "is not a field of this model")) for name in row if name not in names)


def _json_type(field: Field, *, nullable: bool) -> JsonSchemaValue:
    name, extra = {
        "int": ("integer", {}),
        "float": ("number", {}),
        "bool": ("boolean", {}),
        "date": ("string", {"format": "date"}),
        "datetime": ("string", {"format": "date-time"}),
    }.get(field.type, ("string", {}))
    seen = {} if field.minimum is None else {"description": f"seen from {field.minimum} to {field.maximum}"}
    return {"type": [name, "null"] if nullable else name, **extra, **seen}
