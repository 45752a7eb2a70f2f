"""Aggregates of expressions, such as `mean(amount, by=plan)`: learnt from the rows of training, and looked up after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mlops.expressions.tree import Aggregate, Call, Fault, Name, Node

MOST = 100_000
"""Values that a transform carries of all its aggregates together."""


@dataclass(frozen=True)
class Kind:
    """An aggregate: how it is written, what it gives, and whether it counts, so that a level never seen has 0."""

    example: str
    says: str
    gives: str = "float"
    counts: bool = False


AGGREGATES: dict[str, Kind] = {
    "mean": Kind("mean(x, by=plan)", "the mean of the rows of training with the same `plan`"),
    "median": Kind("median(x, by=plan)", "the median of those rows"),
    "std": Kind("std(x, by=plan)", "the standard deviation of those rows, with n - 1"),
    "min": Kind("min(x, by=plan)", "the least of those rows", "number"),
    "max": Kind("max(x, by=plan)", "the greatest of those rows", "number"),
    "sum": Kind("sum(x, by=plan)", "the sum over those rows; 0 where there is none", counts=True),
    "count": Kind("count(by=plan)", "how many rows those are; 0 where there is none", "int", counts=True),
}
"""What may be learnt. `min` and `max` of several values, without `by`, are of one row."""

Key = tuple[str | int, ...]
"""The values of the columns of `by` in a level; true is 1, false 0."""


@dataclass(frozen=True)
class Learnt:
    """What training had: a value a level, and the one over all rows, which stands for any other level.

    >>> Learnt(2.5, {("basic",): 2.0}).of(("gone",))
    2.5
    """

    otherwise: float | None
    levels: dict[Key, float]

    def of(self, key: Key) -> float | None:
        """Give the value of a level."""
        return self.levels.get(key, self.otherwise)


def aggregates(node: Node) -> Iterator[Aggregate]:
    """Give every aggregate of an expression, in the order in which they stand there."""
    if isinstance(node, Aggregate):
        yield node
    elif isinstance(node, Call):
        for argument in node.arguments:
            yield from aggregates(argument)


def called(name: str, arguments: Sequence[Node], by: Sequence[Node] | None, start: int, end: int) -> Aggregate:
    """Make an aggregate of what stands in its brackets; `by` is None where that is not said.

    Raises:
        Fault: it is given what it does not take.
    """
    kind, wanted = AGGREGATES[name], 0 if name == "count" else 1
    if len(arguments) != wanted or (by is None and name == "count"):
        takes = "a value and `by`" if wanted else "`by` alone"
        raise Fault(f"`{name}` takes {takes}", start, end - start, hint=f"write `{kind.example}`")
    for node in by or ():
        if not isinstance(node, Name):
            message = "`by` takes columns"
            hint = "derive it as a column of its own, and name that"
            raise Fault(message, node.start, node.end - node.start, hint=hint)
    if inner := next((found for node in arguments for found in aggregates(node)), None):
        message = f"`{inner.function}` stands inside of `{name}`"
        raise Fault(message, inner.start, inner.end - inner.start, hint="derive the inner one as a column of its own")
    names = tuple(node for node in by or () if isinstance(node, Name))
    return Aggregate(name, tuple(arguments), names, start, end)
