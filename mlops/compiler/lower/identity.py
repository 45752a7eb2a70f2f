"""What a stage of a pipeline is identified by besides its own keys: the code it runs, and the libraries of that code.

A stage depends on its own code and on that of the kinds which its pipeline names: a kind that is added, or that only
other pipelines name, makes nothing stale. The code of another distribution's kind is its release and what it installed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from mlops.compiler.lower.inputs import Facts
from mlops.configuration.pipeline import Pipeline
from mlops.files.plain_yaml import Values
from mlops.kinds.kind import OURS, Kind
from mlops.stages.declare.registry import DECLARED


def identities(spec: Pipeline, facts: Facts) -> dict[str, Values]:
    """Give the keys `code` and `libraries` of each stage's section; of one that closes a run those of every stage."""
    found = {each.name: named(each.name, each.kinds(spec), facts) for each in DECLARED if each.wanted(spec)}
    libraries = {name: version for known in found.values() for name, version in known["libraries"].items()}
    code = {name: known["code"] for name, known in sorted(found.items()) if name in facts.code}
    whole = {"code": code, "libraries": dict(sorted(libraries.items()))}
    return found | {each.name: whole for each in DECLARED if each.closing}


def named(stage: str, asked: Iterable[Kind], facts: Facts) -> Values:
    """Give the keys `code` and `libraries` of a stage that looks some kinds up."""
    by_module = {kind.module: kind for kind in asked}
    others = [kind for kind in by_module.values() if kind.package != OURS]
    ours = sorted(module for module in by_module if module in facts.code)
    lines = [f"{module} {facts.code[module]}\n" for module in ours] + sorted({f"{kind.identity}\n" for kind in others})
    own = facts.code.get(stage, "")
    code = hashlib.sha256(f"{own}\n{''.join(lines)}".encode()).hexdigest()[:16] if lines else own
    libraries = dict(facts.libraries.get(stage, {}))
    for module in ours:
        libraries |= facts.libraries.get(module, {})
    libraries |= {kind.package: kind.version for kind in others}
    return {"code": code, "libraries": dict(sorted(libraries.items()))}
