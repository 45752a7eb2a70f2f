"""A request to /invocations as JSON Schema, for whoever writes one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops.bundle.schema import LONGEST

if TYPE_CHECKING:
    from pydantic.json_schema import JsonSchemaValue

    from mlops.bundle.picture_text import PictureForm
    from mlops.bundle.schema import Field, RequestSchema
    from mlops.bundle.table import Row

_KEY = {
    "type": ["string", "number", "boolean", "null"],
    "maxLength": LONGEST,
    "description": "of the file; not read, and kept in the log",
}
_SPELT = (
    "Values may be spelt as the file of the data spells them, too: a yes or no, a number or date as it stands there, "
    "an empty text where one is missing, the number of a code. text/csv with a header row is taken as well."
)
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


def json_schema(schema: RequestSchema, example: Row | None = None) -> JsonSchemaValue:
    """Describe a request to /invocations in JSON Schema 2020-12, with one of an `example` row."""
    names = [field.name for field in schema.fields]
    row = {
        "type": "object",
        "properties": {
            **{name: {"description": "of the file; not read"} for name in schema.ignored},
            **dict.fromkeys(schema.keys, _KEY),
            **{field.name: _json_type(field, nullable=schema.takes_null(field)) for field in schema.fields},
        },
        "required": names,
        "additionalProperties": False,
    }
    split = {
        "type": "object",
        "properties": {
            "columns": {"type": "array", "items": {"enum": [*names, *schema.keys, *schema.ignored]}},
            "data": {"type": "array", "items": {"type": "array"}},
        },
        "required": ["columns", "data"],
    }
    columns = {"type": "object", "additionalProperties": {"type": "array"}}
    rows = {"type": "array", "items": row}
    width = len(names)
    by_position = {
        "type": "array",
        "items": {"type": "array", "minItems": width, "maxItems": width},
        "description": f"values in the order {', '.join(names)}",
    }
    forms = {
        "dataframe_records": rows,
        "dataframe_split": split,
        "instances": {"anyOf": [rows, columns]},
        "inputs": {"anyOf": [rows, columns, by_position]},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "description": _SPELT,
        **({} if example is None else {"examples": [{"dataframe_records": [example]}]}),
        "type": "object",
        "oneOf": [
            {"properties": {form: value, "params": _PARAMS}, "required": [form], "additionalProperties": False}
            for form, value in forms.items()
        ],
    }


def _json_type(field: Field, *, nullable: bool) -> JsonSchemaValue:
    if field.picture is not None:
        return _picture(field.picture, nullable=nullable)
    name, extra = {
        "int": ("integer", {}),
        "float": ("number", {}),
        "bool": ("boolean", {}),
        "date": ("string", {"format": "date"}),
        "datetime": ("string", {"format": "date-time"}),
    }.get(field.type, ("string", {}))
    words = [] if field.minimum is None else [f"seen from {field.minimum} to {field.maximum}"]
    words += ["sentences: the words of it are read"] if field.type == "text" else []
    words += [] if field.style is None else [f"{field.style} in the file"]
    told = {"description": ", ".join(words)} if words else {}
    return {"type": [name, "null"] if nullable else name, **extra, **told}


def _picture(form: PictureForm, *, nullable: bool) -> JsonSchemaValue:
    """Describe a picture: a text, or lists of pixels of its shape."""
    pixel: JsonSchemaValue = {"type": "integer", "minimum": 0, "maximum": 255}
    for length in reversed(form.shape):
        pixel = {"type": "array", "minItems": length, "maxItems": length, "items": pixel}
    text = {"type": "string", "contentEncoding": "base64"}
    return {"anyOf": [text, pixel, *([{"type": "null"}] if nullable else [])], "description": form.words}
