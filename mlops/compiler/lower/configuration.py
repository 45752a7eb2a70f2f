"""The digest of all that a pipeline's stages may know of the configuration."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache

from mlops.files.canonical import digest
from mlops.files.plain_yaml import Values
from mlops.plan.stage import Stage


def digest_sections(stages: Iterable[Stage]) -> str:
    """Give what `digest_json` gives for the sections by name; a section that pipelines have in common is spelt once."""
    spelt = {stage.name: _spelt(_Section(repr(stage.section), stage.section)) for stage in stages}
    lines = ",\n".join(f" {json.dumps(name, ensure_ascii=False)}: {spelt[name]}" for name in sorted(spelt))
    return digest(f"{{\n{lines}\n}}\n".encode())


class _Section:
    """A section that is found again by how it reads."""

    __slots__ = ("reads", "value")

    def __init__(self, reads: str, value: Values) -> None:
        self.reads = reads
        self.value = value

    def __hash__(self) -> int:
        return hash(self.reads)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Section) and self.reads == other.reads


@lru_cache(maxsize=1 << 10)
def _spelt(section: _Section) -> str:
    text = json.dumps(section.value, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)
    return text.replace("\n", "\n ")
