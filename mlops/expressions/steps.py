"""Columns that are computed one after another: which first, of what type, and their values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from mlops.expressions.aggregates import Learnt, aggregates
from mlops.expressions.kinds import type_of
from mlops.expressions.parse import parse
from mlops.expressions.tree import Aggregate, Fault, Node, columns

if TYPE_CHECKING:
    from mlops.expressions.values import Column


@dataclass(frozen=True)
class Step:
    """A computed column: its name, its type, and the expression that it is the value of.

    `learnt` is what training had of each aggregate of the expression, in their order; nothing before it was learnt.
    """

    name: str
    type: str
    expression: str
    learnt: tuple[Learnt, ...] = ()

    @cached_property
    def node(self) -> Node:
        """The expression, taken apart."""
        return parse(self.expression)

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """The columns that it reads, each once."""
        return tuple(dict.fromkeys(found.name for found in columns(self.node)))

    @cached_property
    def aggregates(self) -> tuple[Aggregate, ...]:
        """The aggregates of the expression, in their order."""
        return tuple(aggregates(self.node))

    @property
    def frozen(self) -> dict[Aggregate, Learnt]:
        """What training had of each aggregate."""
        return dict(zip(self.aggregates, self.learnt, strict=True))


def step(name: str, expression: str, types: Mapping[str, str | None]) -> Step:
    """Type a computed column by those that it reads.

    Raises:
        Fault: the expression is none, or does not fit their types.
    """
    node = parse(expression)
    found = type_of(node, types)
    if found in ("null", "any"):
        raise Fault("it is null in every row", node.start, node.end - node.start, hint="name a column")
    return Step(name, found, expression)


WHERE = "\x1fwhere"
"""The name of the column of a condition, which no table has."""


def condition(expression: str, types: Mapping[str, str | None], *, closed: bool = True) -> Step:
    """Type a condition of rows; where not all columns are known (not `closed`), as far as that goes.

    Raises:
        Fault: the expression is none, does not fit the columns, or is neither true nor false.
    """
    node = parse(expression)
    if many := next(aggregates(node), None):
        message = f"a condition is asked of one row, and `{many.function}` is learnt of many, after rows were chosen"
        raise Fault(message, many.start, many.end - many.start, hint="compare columns of the row alone")
    if (found := type_of(node, types, closed=closed)) != "bool" and not (found == "any" and not closed):
        message = f"a condition is true or false, and this is of type {found}"
        raise Fault(message, node.start, node.end - node.start, hint="compare it, as in `age >= 18`")
    return Step(WHERE, "bool", expression)


def computed(steps: Sequence[Step], given: Mapping[str, Column], rows: int) -> dict[str, Column]:
    """Add computed columns, in order, to those that are given."""
    from mlops.expressions.evaluate import evaluate, typed

    known = dict(given)
    for each in steps:
        known[each.name] = typed(evaluate(each.node, known, rows, each.frozen), each.type)
    return known


def learnt(steps: Iterable[Step], given: Mapping[str, Column], rows: int) -> tuple[list[Step], dict[str, Column]]:
    """Learn the aggregates of steps from the rows of training, in order; give the steps with them, and all columns."""
    from mlops.expressions.evaluate import evaluate
    from mlops.expressions.levels import learn

    found, known = [], dict(given)
    for each in steps:
        values = [[evaluate(one, known, rows) for one in asked.arguments] for asked in each.aggregates]
        levels = [[known[name.name] for name in asked.by] for asked in each.aggregates]
        asked = zip(each.aggregates, values, levels, strict=True)
        made = replace(each, learnt=tuple(learn(one.function, *value, by=by, rows=rows) for one, value, by in asked))
        known = computed([made], known, rows)
        found.append(made)
    return found, known


def inputs(steps: Sequence[Step]) -> tuple[str, ...]:
    """List the columns that steps read and none of them makes, each once."""
    made = {each.name for each in steps}
    return tuple(dict.fromkeys(name for each in steps for name in each.reads if name not in made))


def needed(steps: Sequence[Step], wanted: set[str]) -> list[Step]:
    """Keep the steps that make what is wanted, directly or through others, in their order."""
    found: list[Step] = []
    missing = set(wanted)
    for each in reversed(steps):
        if each.name in missing:
            found.append(each)
            missing |= set(each.reads)
    return found[::-1]
