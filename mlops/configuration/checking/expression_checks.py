"""Expressions of `derive` and `where`: taken apart and typed before any row is read, each fault in its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mlops.blocks.derived import Derived, fitted, origins, read, reads
from mlops.blocks.where import whole
from mlops.configuration.checking.problem import Problem
from mlops.configuration.data import Data, excluded
from mlops.configuration.pipeline import Pipeline
from mlops.configuration.reading.document import Path
from mlops.expressions.kinds import type_of
from mlops.expressions.parse import parse
from mlops.expressions.steps import condition
from mlops.expressions.tree import Fault

_RULES = {"log1p": "float", "year": "int"}


def are_sound(pipeline: Pipeline) -> Iterator[Problem]:
    """Find expressions that are none, contradict the types of their columns, or go round in circles."""
    data = pipeline.data
    round_ = {name for name in data.derive if name in origins(data.derive, name)}
    for name in sorted(round_):
        message = f"`{name}` is computed from itself{_through(data, name)}"
        yield Problem(("data", "derive", name), message, "compute it from other columns", "derive")
    known: dict[str, str | None] = {name: rule.type for name, rule in data.columns.items()}
    left = {name: each for name, each in data.derive.items() if name not in round_}
    while left:
        ready = sorted(name for name, each in left.items() if not set(reads(each)) & (set(left) - {name}))
        for name in ready or sorted(left):
            known[name], found = _typed(name, left.pop(name), known)
            yield from found
    yield from _condition(pipeline, known)


def know_no_target(pipeline: Pipeline) -> Iterator[Problem]:
    """Find what is learnt from, and conditions of rows, that read the target: no request has it."""
    data, target = pipeline.data, pipeline.data.target
    apart = {*excluded(data), *data.keys, data.entity, target}
    late = fitted(data.derive)  # `aggregate_checks` says more of these
    for name in sorted(data.derive):
        learnt = name not in apart and (data.include is None or name in data.include)
        if learnt and name not in late and target in origins(data.derive, name):
            message = f"`{name}` is computed from the target `{target}`, which no request has"
            hint = "compute it from other columns, or list it under `exclude`"
            yield Problem(("data", "derive", name), message, hint, "derive", _place(data.derive[name], {target}))
    asked = whole(data.where)
    if asked is None or asked.may_use_target:
        return
    outcome = {target, *origins(data.derive, target)}
    outcome |= {name for name in data.derive if target in origins(data.derive, name)}
    for name in reads(asked.keep):
        if name in outcome:
            of = "the target" if name == target else f"`{name}`, which the target `{target}` is computed from"
            of = f"`{name}`, which is computed from the target" if target in origins(data.derive, name) else of
            message = f"`where` chooses rows by {of}: the rows that are left are others than those of requests"
            hint = f"leave it out, or answer for it: `where: {{keep: {asked.keep}, may_use_target: true}}`"
            yield Problem(_where(data), message, hint, "where", _place(asked.keep, {name}))
            return


def _typed(
    name: str, computed: str | Derived, known: Mapping[str, str | None]
) -> tuple[str | None, tuple[Problem, ...]]:
    """Give the type of a computed column, None where it is not known yet, and what is wrong."""
    if isinstance(computed, Derived):
        return _RULES.get(computed.rule, "bool"), ()
    try:
        node = parse(computed)
        found = type_of(node, known, closed=False)
        if found == "null":
            raise Fault("it is null in every row", 0, len(computed), hint="name a column")
    except Fault as fault:
        place: Path = ("data", "derive", name)
        return None, (Problem(place, fault.message, fault.hint, "derive", (fault.start, fault.length)),)
    return None if found == "any" else found, ()


def _condition(pipeline: Pipeline, known: Mapping[str, str | None]) -> Iterator[Problem]:
    asked = whole(pipeline.data.where)
    if asked is None:
        return
    try:
        condition(asked.keep, known, closed=False)
    except Fault as fault:
        yield Problem(_where(pipeline.data), fault.message, fault.hint, "where", (fault.start, fault.length))


def _where(data: Data) -> Path:
    return ("data", "where") if isinstance(data.where, str) else ("data", "where", "keep")


def _through(data: Data, name: str) -> str:
    by = sorted(each for each in origins(data.derive, name) if each != name and name in origins(data.derive, each))
    return f", through {', '.join(f'`{each}`' for each in by)}" if by else ""


def _place(computed: str | Derived, names: set[str]) -> tuple[int, int] | None:
    """Say where an expression first names one of some columns."""
    known = {} if isinstance(computed, Derived) else read(computed)
    return next((part for name, part in known.items() if name in names), None)


CHECKS = (are_sound, know_no_target)
