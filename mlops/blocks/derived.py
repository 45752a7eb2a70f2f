"""`data.derive:` columns that are computed from others: an expression, or one rule about one column."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from mlops.blocks.block import Block, Column, Items, Names, one_line
from mlops.blocks.column_rule import Scalar
from mlops.expressions.aggregates import aggregates
from mlops.expressions.parse import parse
from mlops.expressions.tree import Aggregate, Fault, columns

Rule = Literal["greater_than", "at_least", "less_than", "at_most", "equals", "one_of", "is_null", "log1p", "year"]
Expression = Annotated[str, Field(min_length=1, max_length=2_000), one_line("an expression"), Names("computed")]
"""What is computed of the columns of a row, such as `log(income + 1) / if(age > 60, 2, 1)`."""


class Derived(Block):
    """A column computed from another one by a rule; an expression says the same, and more."""

    source: Annotated[Column, Field(alias="from")]
    """Column it is computed from."""
    rule: Rule
    """How it is computed."""
    value: Scalar | Items[Scalar] | None = None
    """What the rule compares with."""


def _form(value: object) -> str:
    return "str" if isinstance(value, str) else "Derived"


Computed = Annotated[Annotated[Expression, Tag("str")] | Annotated[Derived, Tag("Derived")], Discriminator(_form)]
"""A column's expression, or its rule."""


def reads(computed: str | Derived) -> tuple[str, ...]:
    """List the columns that a computed one reads, each once; none where the expression is none.

    >>> reads("weight / height ** 2 + weight")
    ('weight', 'height')
    """
    return (computed.source,) if isinstance(computed, Derived) else tuple(read(computed))


def read(expression: str) -> dict[str, tuple[int, int]]:
    """Say where an expression first names each column that it reads: characters from its start, and how many.

    >>> read("a / (a + b)")
    {'a': (0, 1), 'b': (9, 1)}
    """
    found: dict[str, tuple[int, int]] = {}
    try:
        for each in columns(parse(expression)):
            found.setdefault(each.name, (each.start, each.end - each.start))
    except Fault:
        return {}
    return found


def learnt_by(expression: str) -> tuple[Aggregate, ...]:
    """List the aggregates of an expression, in their order; none where it is no expression.

    >>> [each.function for each in learnt_by("amount / mean(amount, by=plan)")]
    ['mean']
    """
    try:
        return tuple(aggregates(parse(expression)))
    except Fault:
        return ()


def fitted(derive: Mapping[str, str | Derived]) -> frozenset[str]:
    """List the columns that are learnt from the rows of training: by an aggregate of their own, or through others.

    No table has them before `split`: the transform makes them.

    >>> sorted(fitted({"a": "mean(x, by=plan)", "b": "a > 2", "c": "x + 1"}))
    ['a', 'b']
    """
    own = {name for name, each in derive.items() if isinstance(each, str) and learnt_by(each)}
    return frozenset(name for name in derive if name in own or own & origins(derive, name)) if own else frozenset()


def origins(derive: Mapping[str, str | Derived], name: str) -> frozenset[str]:
    """List the columns that a computed one is made of, directly or through others.

    >>> sorted(origins({"a": "b + c", "b": "d"}, "a"))
    ['b', 'c', 'd']
    """
    found: set[str] = set()
    left = [name]
    while left:
        each = left.pop()
        new = [column for column in (reads(derive[each]) if each in derive else ()) if column not in found]
        found |= set(new)
        left += new
    return frozenset(found)


def served(derive: Mapping[str, str | Derived], target: str, personal: Collection[str]) -> dict[str, str | Derived]:
    """List what the server computes of a request.

    The target is not among it, nor what is made of it. What is made of a personal column is sent as it was computed:
    no request and no log is to hold such a column.
    """
    apart = {target, *personal}
    return {name: each for name, each in derive.items() if name != target and not apart & origins(derive, name)}


def conditions(derive: Mapping[str, str | Derived], keep: str, personal: Collection[str]) -> frozenset[str]:
    """List the columns that a request must bring so that a condition can be held against it.

    There are none where a personal one is among them: then it is not held against requests.
    """
    found = {*reads(keep), *(column for name in reads(keep) for column in origins(derive, name))}
    return frozenset() if found & {*personal} else frozenset(found - {*derive})


def inputs(derive: Mapping[str, str | Derived], names: Collection[str]) -> frozenset[str]:
    """List the columns that some computed ones need and that nothing computes."""
    return frozenset(column for name in names for column in origins(derive, name) if column not in derive)
