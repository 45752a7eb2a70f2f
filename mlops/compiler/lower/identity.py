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
from mlops.kinds.kind import OURS
from mlops.stages.declare.declaration import Declaration
from mlops.stages.declare.registry import DECLARED


def identity(declared: Declaration, spec: Pipeline, facts: Facts) -> dict[str, Any]:
    """Give the keys `code` and `libraries` of a stage's section; of one that closes a run those of every stage."""
    if not declared.closing:
        return {"code": _code(declared, spec, facts), "libraries": _libraries((declared,), spec, facts)}
    known = [each for each in DECLARED if each.name in facts.code]
    code = {each.name: _code(each, spec, facts) for each in sorted(known, key=lambda each: each.name)}
    return {"code": code, "libraries": _libraries(DECLARED, spec, facts)}


def _code(declared: Declaration, spec: Pipeline, facts: Facts) -> str:
    own = facts.code.get(declared.name, "")
    kinds = "".join(f"{kind} {facts.code[kind]}\n" for kind in _known(declared, spec, facts.code))
    others = {kind.identity for kind in declared.kinds(spec) if kind.package != OURS}
    kinds += "".join(f"{identity}\n" for identity in sorted(others))
    return hashlib.sha256(f"{own}\n{kinds}".encode()).hexdigest()[:16] if kinds else own


def _libraries(stages: Iterable[Declaration], spec: Pipeline, facts: Facts) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in stages:
        for name in (each.name, *_known(each, spec, facts.libraries)):
            found |= facts.libraries.get(name, {})
        found |= {kind.package: kind.version for kind in each.kinds(spec) if kind.package != OURS}
    return dict(sorted(found.items()))


def _known(declared: Declaration, spec: Pipeline, facts: Mapping[str, Any]) -> list[str]:
    return sorted({kind.module for kind in declared.kinds(spec) if kind.module in facts})
