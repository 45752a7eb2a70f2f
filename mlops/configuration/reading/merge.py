"""Composition without Hydra: layers merged as plain values, and references between keys resolved.

This is the fast way, and it covers what configurations are made of. What it does not know for certain to be what
Hydra and OmegaConf would do, it does not do: it raises `Unsure`, and Hydra composes that pipeline.
"""

from __future__ import annotations

import re
from typing import Any

from mlops.configuration.reading.layers import Layer
from mlops.configuration.reading.parse import MAXIMUM_DEPTH, MAXIMUM_NODES
from mlops.files.plain_yaml import Values

_REFERENCE = re.compile(r"\$\{([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\}")
_CHARACTERS = 16  # of text that count as a value
_MISSING = "???"  # OmegaConf's mark for a value that must be given elsewhere


class Unsure(Exception):
    """Only Hydra can say what this composition gives, or why it refuses it."""


class Endless(Exception):
    """References that are circular, or expand to more values than are read."""


def merge(layers: tuple[Layer, ...]) -> Values:
    """Merge mappings by key, replace everything else whole, then resolve references.

    Parts of the result may be shared with the documents and with other results: it must not be changed in place.

    Raises:
        Unsure: a mapping meets a list, a reference is not plain `${key.of.this.file}` or names no value.
        Endless: references are nested more than 50 deep, or make more than 100,000 values.
    """
    result: Values = {}
    for layer in layers:
        value = {key: item for key, item in layer.document.value.items() if key != "defaults"}
        for part in reversed(layer.package):
            value = {part: value}
        result = _over(result, value)
    if any("${" in layer.document.text or _MISSING in layer.document.text for layer in layers):
        references = _References(result)
        return {key: references.resolved(item, ()) for key, item in result.items()}
    return result


def _over(below: Values, above: Values) -> Values:
    merged = dict(below)
    for key, item in above.items():
        old = merged.get(key)
        if isinstance(item, dict) and isinstance(old, dict):
            merged[key] = _over(old, item)
        elif (isinstance(item, dict | list) and _undecided(old, item)) or (
            isinstance(old, dict | list) and isinstance(item, str) and "${" in item
        ):
            raise Unsure(key)
        else:
            merged[key] = item
    return merged


def _undecided(old: Any, item: Values | list[Any]) -> bool:
    """A mapping meets a list, or a container stands over a reference that may name one."""
    return {type(old), type(item)} == {dict, list} or (isinstance(old, str) and "${" in old)


class _References:
    """Resolves references, within bounds: `a: ${b}${b}`, `b: ${c}${c}` and so on doubles with every line."""

    def __init__(self, root: Values) -> None:
        self.root = root
        self.left = MAXIMUM_NODES

    def resolved(self, value: Any, open_: tuple[str, ...]) -> Any:
        self._spend(1)
        if isinstance(value, dict):
            return {key: self.resolved(item, open_) for key, item in value.items()}
        if isinstance(value, list):
            return [self.resolved(item, open_) for item in value]
        if value == _MISSING:
            raise Unsure(value)
        return self._text(value, open_) if isinstance(value, str) and "${" in value else value

    def _text(self, text: str, open_: tuple[str, ...]) -> Any:
        """A text that is one reference becomes the value it names, of its type; others are filled in as text."""
        if whole := _REFERENCE.fullmatch(text):
            return self._named(whole.group(1), open_)
        if "\\" in text or text.count("${") != len(_REFERENCE.findall(text)):
            raise Unsure(text)
        filled = _REFERENCE.sub(lambda match: _spelt(self._named(match.group(1), open_)), text)
        self._spend(len(filled) // _CHARACTERS)
        return filled

    def _named(self, key: str, open_: tuple[str, ...]) -> Any:
        if key in open_:
            raise Unsure(key)
        if len(open_) >= MAXIMUM_DEPTH:
            raise Endless(key)
        value: Any = self.root
        for part in key.split("."):
            if not isinstance(value, dict) or part not in value:
                raise Unsure(key)
            value = value[part]
        return self.resolved(value, (*open_, key))

    def _spend(self, amount: int) -> None:
        self.left -= amount
        if self.left < 0:
            raise Endless


def _spelt(value: Any) -> str:
    if isinstance(value, dict | list):
        raise Unsure("a mapping or a list inside a text")
    return str(value)
