"""Pydantic's errors in the words of this project, each at its place in a file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from mlops.configuration.environment import RESERVED_HINT
from mlops.configuration.reading.block_schema import choices, keys
from mlops.configuration.reading.cure import blocks, limit, listed, mapping, number
from mlops.configuration.reading.document import Path
from mlops.configuration.reading.origins import Origins
from mlops.diagnostics import Diagnostic, nearest, suggest
from mlops.models import MODELS
from mlops.synonyms import meant

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

_TYPES = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "int_from_float": "a whole number",
}
_LOOKS_OTHERWISE = re.compile(r"^([-+.0-9].*|true|false|null|)$", re.IGNORECASE)
_LIMITS = ("greater_than", "greater_than_equal", "less_than", "less_than_equal")
_PATTERNS = {
    "^@": "write an owner as `@name` or `@organisation/team`",
    r"^\d{4}-\d{2}": 'write a day as "2026-01-31"',
    "^sha256": "write `sha256:` and 64 hexadecimal digits",
    "^([a-z0-9.-]+(:": "write `NAME:TAG@sha256:` and 64 hexadecimal digits, as `python:3.12-slim@sha256:...`",
    "^[a-z0-9][": "use lower-case letters, digits, `_` and `-`, beginning with a letter or digit",
}


_Known = Mapping[str, Any]
"""What pydantic knows of an error besides, such as a bound."""


class _Tagged(NamedTuple):
    """A block of a union, by the `kind` that it gives itself and the key that it stands under."""

    kind: Any
    name: int | str


def told(details: Sequence[ErrorDetails], value: Any) -> list[ErrorDetails]:
    """Leave out what pydantic says of a value whose inside is wrong too, and join what each member of a union says."""
    paths = [_path(detail["loc"], value, new=detail["type"] == "missing") for detail in details]
    inside = {path[:depth] for path in paths for depth in range(len(path))}
    found: dict[Path, list[ErrorDetails]] = {}
    for path, detail in zip(paths, details, strict=True):
        if path not in inside or not path:
            found.setdefault(path, []).append(detail)
    return [detail for same in found.values() for detail in _joined(same)]


def _joined(details: list[ErrorDetails]) -> list[ErrorDetails]:
    """Make one of what members of a union say of one value: no list is short for a wrong item, choices are one list."""
    details = [detail for detail in details if detail["type"] != "too_short"] or details
    details = [
        detail for detail in details if detail["type"] in _LIMITS
    ] or details  # of the right type: no other is meant
    choices = [detail for detail in details if detail["type"] == "literal_error"]
    if len(details) < 2 or not choices:
        return details
    expected = ", ".join(str((detail.get("ctx") or {}).get("expected", "")) for detail in choices)
    found = choices[0].copy()
    found["ctx"] = {"expected": expected}
    return [found]


def diagnoses(
    errors: Sequence[ErrorDetails], model: type[BaseModel], origins: Origins, value: Any, most: int
) -> tuple[Diagnostic, ...]:
    """Turn what pydantic says of a block into findings, `most` at the most; what is misspelt is not missing too."""
    details = told(errors, value)[:most]
    unknown = (detail["loc"] for detail in details if detail["type"] == "extra_forbidden")
    misspelt = {(*where[:-1], _meant(str(where[-1]), keys(model, where[:-1]))) for where in unknown}
    kept = (detail for detail in details if detail["type"] != "missing" or detail["loc"] not in misspelt)
    return tuple(diagnose(detail, model, origins, value) for detail in kept)


def diagnose(error: ErrorDetails, model: type[BaseModel], origins: Origins, value: Any) -> Diagnostic:
    """Turn one validation error into a finding with a place, a sentence and a cure."""
    location, kind, given = error["loc"], error["type"], error.get("input")
    path = _path(location, value, new=kind == "missing")
    context = error.get("ctx") or {}
    if kind.startswith("union_tag") and isinstance(given, dict) and "kind" in given:
        path, given = (*path, "kind"), _Tagged(given["kind"], path[-1])
    if kind == "extra_forbidden":
        key = str(path[-1])
        message, hint = f"unknown key `{key}`", _known_key(key, model, location[:-1])
        return Diagnostic(origins.where(path, key=True), message, hint, "unknown-key")
    if kind == "missing":
        key = str(location[-1])
        parent = _dotted(path[:-1])
        message = f"missing key `{key}`" + (f" in `{parent}`" if parent else "")
        known = ", ".join(choices(model, location))
        hint = f"write `{key}: ...`" + (f", one of: {known}" if known else "")
        return Diagnostic(origins.where(path[:-1], key=True), message, hint, "missing-key")
    if kind == "misplaced":
        return Diagnostic(origins.where((*path, *context["path"])), context["why"], context["hint"], "type")
    if kind == "reserved_alias":
        return Diagnostic(origins.where(path, key=True), str(context["why"]), RESERVED_HINT, "type")
    if kind.endswith(("model_type", "attributes_type", "dict_type")):
        message = f"`{_name(path)}: {_show(given)}` is not a mapping of keys"
        hint = mapping(_name(path), given, keys(model, location), top=len(path) == 1)
        return Diagnostic(origins.where(path), message, hint, "type")
    message, hint = _describe(kind, _name(path), given, context, error["msg"])
    if _TYPES.get(kind) == "a list" and (inner := keys(model, (*location, 0))):
        hint = blocks(_name(path), given, inner)
    return Diagnostic(origins.where(path, key=location[-1:] == ("[key]",)), message, hint, "type")


def sentence(error: ErrorDetails) -> str:
    """Say what is wrong with a value that stands in no file, and what would be right."""
    key = ".".join(map(str, error["loc"]))
    message, hint = _describe(error["type"], key, error.get("input"), error.get("ctx") or {}, error["msg"])
    return message + (f": {hint}" if hint else "")


def _known_key(key: str, model: type[BaseModel], location: tuple[int | str, ...]) -> str:
    """Find the key that is meant; in `{a:1}` no blank follows the colon, and all of it is a key."""
    known = keys(model, location)
    name, colon, rest = key.partition(":")
    if colon and rest and name in known:
        return f"write a blank after the colon: `{name}: {rest}`"
    homes = [f"`{block}`" for block in known if key in keys(model, (*location, block))]
    if homes and meant(key, known) is None:
        return f"it is a key of {' and of '.join(homes)}: write it there, indented"
    return suggest(key, known)


def _meant(key: str, known: Sequence[str]) -> str | None:
    """Give the key that `_known_key` offers in place of another."""
    name = key.partition(":")[0]
    return name if name in known else meant(key, known) or nearest(key, known)


def _describe(kind: str, key: str, given: Any, context: _Known, text: str) -> tuple[str, str]:
    said = f"`{key}: {_show(given)}`"
    if kind in _TYPES:
        return f"{said} is not {_TYPES[kind]}", _typed(kind, key, given)
    if (bounds := [context[name] for name in ("gt", "ge", "lt", "le") if name in context]) and kind in _LIMITS:
        return f"{said} is out of range", limit(kind, bounds[0], given)
    if kind in _SPECIAL:
        return _SPECIAL[kind](key, given, context)
    if kind == "value_error":
        return text.removeprefix("Value error, "), ""
    return f"{said}: {text[:1].lower()}{text[1:]}", ""


def _typed(kind: str, key: str, given: Any) -> str:
    """Say what to write in place of a value of another type."""
    wanted = _TYPES[kind]
    if wanted == "text" and isinstance(given, int | float) and not isinstance(given, bool):
        return f'write it in quotes: "{given}"'
    if wanted == "text" and isinstance(given, list) and len(given) == 1 and isinstance(given[0], str):
        return f"write it without brackets: {given[0]}"
    if wanted == "a list":
        return listed(key, given)
    if wanted == "true or false" and str(given).strip().lower() in ("true", "false"):
        return f"write it without quotes: {str(given).strip().lower()}"
    return number(given, wanted) if "number" in wanted else f"write {wanted}"


def _literal(key: str, given: Any, context: _Known) -> tuple[str, str]:
    options = [part.strip(" '") for part in str(context.get("expected", "")).replace(" or ", ", ").split(",")]
    return f"`{key}: {_show(given)}` is not one of the choices", suggest(str(given), options)


def _pattern(key: str, given: Any, context: _Known) -> tuple[str, str]:
    pattern = str(context.get("pattern", ""))
    cures = (hint for start, hint in _PATTERNS.items() if pattern.startswith(start))
    return f"`{key}: {_show(given)}` is not well-formed", next(cures, f"it must match {pattern}")


def _kind(key: str, given: Any, context: _Known) -> tuple[str, str]:
    if "expected_tags" in context or context.get("discriminator") == "'kind'":  # any other union than that of models
        kinds = [part.strip(" '") for part in str(context.get("expected_tags", "")).split(",")]
        if isinstance(given, _Tagged):
            return f"unknown kind `{_show(given.kind)}` of `{given.name}`", suggest(str(given.kind), kinds)
        return f"`{key}` has no `kind`", "write `kind: ...`"
    if isinstance(given, _Tagged):
        hint = suggest(str(given.kind), MODELS) + "; or a class of yours: `pipelines.NAME.MODULE:CLASS`"
        return f"unknown kind `{_show(given.kind)}` of model `{given.name}`", hint
    return f"the candidate `{key}` has no `kind`", _candidate(key, given)


def _candidate(key: str, given: Any) -> str:
    """Say how a candidate comes to its kind; where it is no block, a file of `conf/model/` forgot to name itself."""
    if not isinstance(given, dict):
        return "begin its file with `# @package model.NAME`, or write `model: {NAME: {kind: ...}}`"
    if key in MODELS and "own" in MODELS[key].can:  # no file that comes along knows whose code it is
        return f"write `kind: {key}` and `use: pipelines.NAME.MODULE:FUNCTION` beside its keys"
    if key in MODELS:
        return f"choose its file under `defaults:`, `- /model: [{key}]`, or write `kind: {key}` beside its keys"
    return f"write `kind: ...` beside its keys; {suggest(key, MODELS)}"


def _empty(key: str, _: Any, context: _Known) -> tuple[str, str]:
    return f"`{key}` is empty", f"write at least {context.get('min_length', 1)}"


_SPECIAL = {
    "literal_error": _literal,
    "string_pattern_mismatch": _pattern,
    "union_tag_invalid": _kind,
    "union_tag_not_found": _kind,
    "too_short": _empty,
}


def _name(path: Path) -> str:
    """Name a key; an item of a list by the list and its number."""
    if len(path) > 1 and isinstance(path[-1], int):
        return f"{path[-2]}[{path[-1]}]"
    return str(path[-1]) if path else ""


def _dotted(path: Path) -> str:
    """Name a place by its keys, an item of a list by its number: `data.join[0]`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def _path(location: tuple[int | str, ...], value: Any, *, new: bool) -> Path:
    """Keep the parts of a location that are keys of the value; pydantic adds names of union members.

    The last part is kept too where it is a `new` key, which is missing.
    """
    path: list[int | str] = []
    for index, part in enumerate(location):
        last = new and index == len(location) - 1
        if isinstance(value, dict) and (part in value or last):
            path.append(part)
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            path.append(part)
            value = value[part]
    return tuple(path)


def _show(value: Any) -> str:
    if isinstance(value, dict):
        return "{...}"
    if isinstance(value, list):
        return "[...]"
    text = {None: "null", True: "true", False: "false"}[value] if value is None or isinstance(value, bool) else value
    shown = f'"{text}"' if isinstance(text, str) and text is value and _LOOKS_OTHERWISE.match(text) else str(text)
    return shown if len(shown) <= 60 else shown[:57] + "..."
