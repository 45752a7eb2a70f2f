"""Which keys of the YAML two runs differ in, by the parameters of their stages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mlops.files.plain_yaml import Values
from mlops.operations.language.keys import Keys, written
from mlops.operations.planning.difference import ABSENT, Change, differences
from mlops.operations.verdicts.loosened import only_in

HIDDEN = ("code", "libraries", "configuration")
"""Parameters that no person writes."""


@dataclass(frozen=True)
class Changed:
    """A key as a person writes it, and what stood and stands there."""

    path: Keys
    before: Any
    after: Any

    @property
    def name(self) -> str:
        """The key, dotted."""
        return dotted(self.path)


def key_changes(before: Mapping[str, Values], after: Mapping[str, Values]) -> Iterator[Changed]:
    """Compare the parameters of stages that both runs have, by stage; each key is told once."""
    seen: set[str] = set()
    for stage, section in after.items():
        for change in differences(before[stage], section) if stage in before else ():
            path = written((stage, *change.path))
            if change.path[0] not in HIDDEN and dotted(path) not in seen:
                seen.add(dotted(path))
                yield Changed(path, *_values(change))


def dotted(path: Keys) -> str:
    """Spell a key path.

    >>> dotted(("model", "mlp", "lr"))
    'model.mlp.lr'
    """
    return ".".join(map(str, path))


def _values(change: Change) -> tuple[Any, Any]:
    """Give what stood and what stands; of a list of rules only those that differ, spelt out."""
    before, after = _plain(change.before), _plain(change.after)
    if change.path == ("rules",) and isinstance(before, list) and isinstance(after, list):
        return only_in(before, after), only_in(after, before)
    return before, after


def _plain(value: Any) -> Any:
    return "(absent)" if value is ABSENT else value
