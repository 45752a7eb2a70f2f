"""The Open Inference Protocol, version 2, over REST: KServe's and Triton's. An input is a column, a text is BYTES.

Values stand in JSON: tensors in binary, an extension of the protocol, are refused in words. A row is what the same
position of every input makes; it is read, checked, logged and counted as a row of `/invocations` is. A tensor has a
value for each row, so that one bad row refuses all.
"""

from __future__ import annotations

import json
from itertools import chain
from typing import TYPE_CHECKING, Any

from mlops.bundle.recipe_items import TEXT
from mlops.serve.bad_request import BadRequest
from mlops.serve.scoring import score

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlops.bundle.predictor import Predictor
    from mlops.bundle.schema import Field
    from mlops.serve.scoring import Scored

INTEGERS = tuple(f"{sign}INT{bits}" for bits in (8, 16, 32, 64) for sign in ("", "U"))
NUMBERS = ("FP64", "FP32", "FP16", "BF16", *INTEGERS)
BINARY = b"inference-header-content-length"
"""The header that says where JSON ends and binary tensors begin."""
NOT_BINARY = "binary tensors are not read: send `data` as JSON (tritonclient: binary_data=False)"
PLATFORM = "onnx_onnxv1"
"""The protocol's name for what ONNX Runtime runs."""
_MOST = 1_000  # characters of an error
_OUTPUTS = ("predictions", "decisions")


def datatype(field: Field) -> str:
    """Name the type of an input; whatever is no number and no truth is a text, as dates and pictures are."""
    return {"int": "INT64", "float": "FP64", "bool": "BOOL"}.get(field.type, "BYTES")


def _taken(field: Field) -> tuple[str, ...]:
    """List the types that an input may have: a text is read as the file of the data spells it."""
    if field.type == "bool":
        return ("BOOL", "BYTES")
    if field.type in ("int", "float"):
        return ("INT64", "BYTES", *(each for each in NUMBERS if each != "INT64"))
    return ("BYTES", *NUMBERS) if field.type in TEXT else ("BYTES",)


def metadata(predictor: Predictor, name: str, version: str) -> dict[str, Any]:
    """Describe a model: its inputs are the columns of a row, a dimension of -1 is that of rows."""
    inputs = [{"name": field.name, "datatype": datatype(field), "shape": [-1]} for field in predictor.schema.fields]
    shape = [-1] if predictor.task != "multiclass" else [-1, len(predictor.classes or ())]
    outputs = [{"name": "predictions", "datatype": "FP64", "shape": shape}]
    if predictor.decision is not None:
        outputs.append({"name": "decisions", "datatype": _kind(predictor.classes or ()), "shape": [-1]})
    return {"name": name, "versions": [version], "platform": PLATFORM, "inputs": inputs, "outputs": outputs}


def infer(predictor: Predictor, body: bytes, name: str, version: str, most: int, **hooks: Any) -> bytes:
    """Answer an inference request; `hooks` are `keep` and `refuse` of `score`. Raises BadRequest."""
    try:
        document = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"the body is not JSON: {str(error)[:200]}") from error
    if not isinstance(document, dict):
        raise BadRequest("the body must be an object with `inputs`")
    if not isinstance(document.get("id", ""), str):
        raise BadRequest("`id` must be a text")
    _hold_parameters(document, "the request")
    wanted = _wanted(document.get("outputs", []), predictor)
    rows = read_rows(predictor, document.get("inputs"), most)
    found = score(predictor, rows, **hooks, whole=True)
    identity = document.get("id")
    said = {
        "model_name": name,
        "model_version": version,
        **({"id": identity} if isinstance(identity, str) else {}),
        **_parameters(found),
        "outputs": [output for output in _outputs(predictor, found) if output["name"] in wanted],
    }
    return json.dumps(said, separators=(",", ":")).encode("ascii")


def read_rows(predictor: Predictor, inputs: Any, most: int) -> list[dict[str, Any]]:
    """Put inputs of equal length beside each other; raises BadRequest where one is no tensor of a column."""
    if not isinstance(inputs, list) or not all(isinstance(each, dict) for each in inputs) or not inputs:
        raise BadRequest("`inputs` must be a list of tensors, one a column: name, shape, datatype, data")
    fields = {field.name: field for field in predictor.schema.fields}
    columns: dict[str, list[Any]] = {}
    for tensor in inputs:
        name = tensor.get("name")
        if not isinstance(name, str) or name in columns:
            raise BadRequest("each input must have a `name` of its own")
        columns[name] = _column(tensor, name, fields.get(name), most)
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        first, *_, last = sorted(lengths, key=lengths.__getitem__)
        told = f"`{first[:60]}` has {lengths[first]:,} values and `{last[:60]}` {lengths[last]:,}"
        raise BadRequest(f"the inputs must all have a value for each row: {told}")
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _column(tensor: Mapping[str, Any], name: str, field: Field | None, most: int) -> list[Any]:
    where, shape, kind = f"input `{name[:60]}`", tensor.get("shape"), tensor.get("datatype")
    _hold_parameters(tensor, where)
    if _is_binary(tensor):
        raise BadRequest(f"{where}: {NOT_BINARY}")
    if not isinstance(shape, list) or not all(type(size) is int and size >= 0 for size in shape):
        raise BadRequest(f"{where}: `shape` must be a list of whole numbers, [rows] or [rows, 1]")
    if not shape or len(shape) > 2 or shape[1:] not in ([], [1]):
        raise BadRequest(f"{where}: `shape` must be [rows] or [rows, 1], not {shape[:4]}: an input is a column")
    if shape[0] > most:
        said = f"the request has {shape[0]:,} rows, and at most {most:,} are answered: send fewer at a time"
        raise BadRequest(said, status=413)
    taken = ("BYTES", "BOOL", *NUMBERS) if field is None else _taken(field)
    if kind not in taken:
        raise BadRequest(f"{where}: `datatype` must be one of {', '.join(taken)}")
    data = tensor.get("data")
    if not isinstance(data, list):
        raise BadRequest(f"{where}: `data` must be a list")
    pictured = field is not None and field.picture is not None
    if len(shape) == 2 and not pictured and data and all(isinstance(each, list) for each in data):
        data = list(chain.from_iterable(data))
    if len(data) != shape[0]:
        raise BadRequest(f"{where}: `shape` says {shape[0]:,} values, and `data` has {len(data):,}")
    return data


def _hold_parameters(thing: Mapping[str, Any], where: str) -> None:
    """None is read but those of binary tensors, which are refused; what is no parameter is, too."""
    parameters = thing.get("parameters", {})
    if not isinstance(parameters, dict) or not all(
        type(each) in (str, int, float, bool) for each in parameters.values()
    ):
        raise BadRequest(f"{where}: `parameters` must be an object of texts, numbers and truths")


def _is_binary(tensor: Mapping[str, Any]) -> bool:
    parameters = tensor.get("parameters")
    return isinstance(parameters, dict) and bool(parameters.get("binary_data_size") or parameters.get("binary_data"))


def _wanted(outputs: Any, predictor: Predictor) -> Sequence[str]:
    """Read which outputs are wanted: all, where nothing is said."""
    there = _OUTPUTS if predictor.decision is not None else _OUTPUTS[:1]
    if outputs == []:
        return there
    if not isinstance(outputs, list) or not all(isinstance(each, dict) for each in outputs):
        raise BadRequest("`outputs` must be a list of objects with a `name`")
    for output in outputs:
        _hold_parameters(output, "`outputs`")
    if any(_is_binary(output) for output in outputs):
        raise BadRequest("outputs are not written in binary: leave `binary_data` away (in tritonclient: False)")
    names = [output.get("name") for output in outputs]
    if not all(name in there for name in names):
        raise BadRequest(f"`outputs` may name {' and '.join(there)}")
    return names


def _outputs(predictor: Predictor, found: Scored) -> list[dict[str, Any]]:
    """Spell scores, row by row, and what is decided."""
    said = [{"name": "predictions", "datatype": "FP64", "shape": list(found.scores.shape)}]
    said[0]["data"] = found.scores.ravel().tolist()
    if found.decided is not None:
        kind = _kind(predictor.classes or ())
        said.append({"name": "decisions", "datatype": kind, "shape": [found.rows], "data": found.decided})
    return said


def _kind(classes: Sequence[Any]) -> str:
    kinds = {type(each) for each in classes}
    return {bool: "BOOL", int: "INT64", float: "FP64"}.get(kinds.pop(), "BYTES") if len(kinds) == 1 else "BYTES"


def _parameters(found: Scored) -> dict[str, Any]:
    """Say what is odd about rows; parameters are texts."""
    return {"parameters": {"warnings": _listed(found.warnings)}} if found.warnings else {}


def error(message: str, problems: Sequence[Any] = ()) -> bytes:
    """Spell what is wrong as the protocol does: one text."""
    said = f"{message}: {_listed(problems)}" if problems else message
    return json.dumps({"error": said[:_MOST]}).encode("ascii")


def _listed(problems: Sequence[Any]) -> str:
    return "; ".join(f"row {each.row}{each.field and f', {each.field}'}: {each.problem}" for each in problems)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON, send null for a missing value")
