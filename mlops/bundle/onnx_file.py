"""What an ONNX file may contain, decided by walking its bytes before any runtime sees them.

Refused are tensors kept in other files (a path that leads anywhere) and operators outside the ONNX standard (which only
foreign code could run). The walk knows protobuf's wire format and the few fields of onnx.proto that can hold either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Iterator

STANDARD = frozenset({"", "ai.onnx", "ai.onnx.ml"})

# message → field number → message it holds; onnx.proto of ONNX 1.23
_HOLDS: dict[str, dict[int, str]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
}
_FUNCTION_NAME, _NODE_OPERATOR = 1, 4
_NODE_DOMAIN, _TENSOR_EXTERNAL, _TENSOR_LOCATION = 7, 13, 14


def check(data: bytes, name: str = "model.onnx") -> None:
    """Refuse external data and foreign operators; raises IntegrityError that names what was found."""
    try:
        found = set(_problems(memoryview(data)))
    except (IndexError, ValueError) as error:
        raise IntegrityError(f"{name} is not an ONNX file") from error
    if found:
        raise IntegrityError(f"{name} {'; '.join(sorted(found)[:20])}")


def operators(data: bytes) -> frozenset[str]:
    """Name the operators of every graph in a file, and the functions it defines itself, which may hold any."""
    return frozenset(
        bytes(value).decode("utf-8", "replace")
        for kind, number, value in _walk(memoryview(data))
        if isinstance(value, memoryview)
        and ((kind == "node" and number == _NODE_OPERATOR) or (kind == "function" and number == _FUNCTION_NAME))
    )


def _walk(data: memoryview) -> Iterator[tuple[str, int, memoryview | int]]:
    """Yield kind of message, number and value of each field, of the messages that may hold others."""
    open_messages = [("model", data)]
    while open_messages:
        kind, message = open_messages.pop()
        yield kind, 0, 0
        holds = _HOLDS.get(kind, {})
        for number, value in _fields(message):
            if number in holds and isinstance(value, memoryview):
                open_messages.append((holds[number], value))
            else:
                yield kind, number, value


def _problems(data: memoryview) -> Iterator[str]:
    seen_graph = False
    for kind, number, value in _walk(data):
        seen_graph |= kind == "graph"
        if kind == "tensor" and (number == _TENSOR_EXTERNAL or (number == _TENSOR_LOCATION and value != 0)):
            yield "keeps tensors in another file"
        elif kind == "node" and number == _NODE_DOMAIN and isinstance(value, memoryview):
            domain = bytes(value).decode("utf-8", "replace")
            if domain not in STANDARD:
                yield f"uses an operator of the domain `{domain[:80]}`, which is not part of ONNX"
    if not seen_graph:
        raise ValueError("no graph")


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview | int]]:
    """Yield the number and value of each field; raises IndexError or ValueError on bytes that are no message."""
    position = 0
    while position < len(message):
        key, position = _varint(message, position)
        if key >> 32:
            raise ValueError("a key that protobuf would cut off, and so read as another")
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, position = _varint(message, position)
            yield number, value
            continue
        if wire not in (1, 2, 5):
            raise ValueError("unknown wire type")
        length = 8 if wire == 1 else 4
        if wire == 2:
            length, position = _varint(message, position)
        if position + length > len(message):
            raise ValueError("cut short")
        yield number, message[position : position + length]
        position += length


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[position]
        value |= (byte & 0x7F) << shift
        position += 1
        if byte < 0x80:
            return value, position
        shift += 7
        if shift > 63:
            raise ValueError("number too long")
