"""What a stage of a pipeline is identified by besides its own keys: the code it runs, and the libraries of that code.

A stage depends on its own code and on that of the kinds which its pipeline names: a kind that is added, or that only
other pipelines name, makes nothing stale. The code of another distribution's kind is its release and what it installed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from mlops.compiler.lower.inputs import Facts
from mlops.configuration.pipeline import Pipeline
from mlops.kinds.kind import OURS, Kind
from mlops.stages.declare.declaration import Declaration
from mlops.stages.declare.registry import DECLARED

Kinds = Mapping[str, tuple[Kind, ...]]
"""What each stage of a pipeline looks up by name."""


def kinds(spec: Pipeline) -> Kinds:
    """Look up the kinds that a pipeline names, by the stage that does."""
    return {each.name: tuple(each.kinds(spec)) for each in DECLARED}


def identity(declared: Declaration, named: Kinds, facts: Facts) -> dict[str, Any]:
    """Give the keys `code` and `libraries` of a stage's section; of one that closes a run those of every stage."""
    if not declared.closing:
        return {"code": _code(declared.name, named, facts), "libraries": _libraries([declared.name], named, facts)}
    known = sorted(each.name for each in DECLARED if each.name in facts.code)
    code = {name: _code(name, named, facts) for name in known}
    return {"code": code, "libraries": _libraries([each.name for each in DECLARED], named, facts)}


def _code(stage: str, named: Kinds, facts: Facts) -> str:
    own, others = facts.code.get(stage, ""), {kind.identity for kind in named[stage] if kind.package != OURS}
    parts = [*(f"{kind} {facts.code[kind]}" for kind in _known(named[stage], facts.code)), *sorted(others)]
    text = "".join(f"{part}\n" for part in parts)
    return hashlib.sha256(f"{own}\n{text}".encode()).hexdigest()[:16] if text else own


def _libraries(stages: Iterable[str], named: Kinds, facts: Facts) -> dict[str, str]:
    found: dict[str, str] = {}
    for stage in stages:
        for name in (stage, *_known(named[stage], facts.libraries)):
            found |= facts.libraries.get(name, {})
        found |= {kind.package: kind.version for kind in named[stage] if kind.package != OURS}
    return dict(sorted(found.items()))


def _known(named: Iterable[Kind], facts: Mapping[str, Any]) -> list[str]:
    return sorted({kind.module for kind in named if kind.module in facts})
