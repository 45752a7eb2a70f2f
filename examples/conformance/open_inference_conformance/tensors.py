"""Tensors as the protocol spells them: types, the number of values, a request made of a model's own description."""

from __future__ import annotations

from itertools import chain
from math import prod
from typing import Any

INTEGERS = {f"{sign}INT{bits}": bits for bits in (8, 16, 32, 64) for sign in ("", "U")}
TYPES = frozenset(("BOOL", "FP16", "FP32", "FP64", "BYTES", *INTEGERS))
"""The table of the specification, "Tensor Data Types"."""
_VALUES: dict[str, Any] = {"BOOL": True, "BYTES": "a"}


def flat(data: Any) -> Any:
    """Flatten nested lists, row by row; what is no list stays as it is.

    >>> flat([[1, 2], [4, 5]])
    [1, 2, 4, 5]
    """
    while isinstance(data, list) and data and all(isinstance(each, list) for each in data):
        data = list(chain.from_iterable(data))
    return data


def nested(data: list[Any], shape: list[int]) -> list[Any]:
    """Put flat values into lists of lists; the other way round from `flat`.

    >>> nested([1, 2, 4, 5], [2, 2])
    [[1, 2], [4, 5]]
    """
    for size in reversed(shape[1:]):
        data = [data[at : at + size] for at in range(0, len(data), size)]
    return data


def fits(value: Any, datatype: str) -> bool:
    """Say whether a value of JSON may stand in a tensor of a type.

    >>> fits(200, "INT8"), fits(200, "UINT8"), fits(True, "INT8"), fits(None, "FP64"), fits(1, "FP64")
    (False, True, False, False, True)
    """
    if datatype in INTEGERS:
        bits = INTEGERS[datatype]
        least, most = (0, 2**bits - 1) if datatype.startswith("U") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        return type(value) is int and least <= value <= most
    if datatype.startswith("FP"):
        return type(value) in (int, float)
    return type(value) is {"BOOL": bool, "BYTES": str}.get(datatype)


def wrong(tensor: Any) -> str | None:
    """Say what is wrong with an answered tensor: its type, its shape, or values that do not belong to them."""
    if not isinstance(tensor, dict):
        return "an output is no object"
    name, shape, datatype = tensor.get("name"), tensor.get("shape"), tensor.get("datatype")
    if datatype not in TYPES:
        return f"output {name!r}: datatype {datatype!r} is not in the specification's table"
    if not isinstance(shape, list) or not all(type(size) is int and size >= 0 for size in shape):
        return f"output {name!r}: shape {shape!r} is no list of whole numbers"
    data = tensor.get("data")
    if not isinstance(data, list):
        return f"output {name!r}: data is no list"
    values = flat(data)
    if len(values) != prod(shape):
        return f"output {name!r}: shape {shape} says {prod(shape)} values, and data has {len(values)}"
    odd = next((value for value in values if not fits(value, datatype)), ...)
    return None if odd is ... else f"output {name!r}: {odd!r} is no {datatype}"


def example(described: Any, rows: int = 2) -> list[dict[str, Any]]:
    """Make inputs by a model's metadata: a first size of -1 is that of rows, each other one is 1."""
    inputs = []
    for tensor in described:
        sizes = [1 if size < 0 else size for size in tensor["shape"]]
        shape = [rows, *sizes[1:]] if tensor["shape"][:1] == [-1] else sizes
        value = _VALUES.get(tensor["datatype"], 1)
        one = {"name": tensor["name"], "shape": shape, "datatype": tensor["datatype"]}
        inputs.append({**one, "data": [value] * prod(shape)})
    return inputs
