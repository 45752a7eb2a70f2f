"""YAML that this project or DVC wrote: read fast, by the C parser, without anything that could run."""

from __future__ import annotations

import re
from typing import Any

import yaml

from mlops.errors import IntegrityError
from mlops.files import conflict

Values = dict[str, Any]
"""What a mapping says, as YAML and JSON have it: plain values by key."""

_BASE = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# DVC writes YAML 1.2, in which `no` and `12:30` are texts and stand without quotes; to PyYAML, which reads 1.1, they
# are False and 750. What PyYAML wrote has such texts in quotes, and is read the same.
_NOT_BEFORE_1_2 = {
    "bool": re.compile(r"(?:true|True|TRUE|false|False|FALSE)$"),
    "int": re.compile(r"(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+)$"),
    "float": re.compile(
        r"(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"
    ),
}
_RESOLVERS = {
    first: [(tag, _NOT_BEFORE_1_2.get(tag.rpartition(":")[2], pattern)) for tag, pattern in known]
    for first, known in _BASE.yaml_implicit_resolvers.items()
}
_LOADER = type("_Loader", (_BASE,), {"yaml_implicit_resolvers": _RESOLVERS})
# PyYAML lets through what its constructors meet: `2024-13-45`, `!!bool x`, `!!timestamp x`
_DAMAGED = (yaml.YAMLError, ValueError, KeyError, AttributeError)
_DEEPEST = 100
_SUSPICIOUS = 1_000  # brackets in a file, or bytes in a line: with fewer, no nest is deep enough to be one of those


def parse(data: bytes, shown: str) -> Any:
    """Read YAML; `shown` names the file in the error.

    Raises:
        Conflicted: two versions stand in it.
        IntegrityError: the file is damaged.
    """
    conflict.refuse(data, shown)
    loader = _LOADER(data)
    try:
        if _may_be_deep(data) and _is_deep(data):
            raise yaml.YAMLError("nested too deep")
        return loader.get_single_data()
    except _DAMAGED as error:
        raise IntegrityError(f"{shown} is damaged", hint=f"take it back from Git: git checkout -- {shown}") from error
    finally:
        loader.dispose()


def _may_be_deep(data: bytes) -> bool:
    return data.count(b"[") + data.count(b"{") > _SUSPICIOUS or max(map(len, data.split(b"\n"))) > _SUSPICIOUS


def _is_deep(data: bytes) -> bool:
    """Whether building the values could take the process down: the C parser recurses until the stack is full."""
    depth = 0
    for event in yaml.parse(data, Loader=_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            return True
    return False
