"""A metric: what is known of it before anything runs, and its formula."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from math import inf
from typing import Any, Literal

from mlops.kinds.kind import Kind
from mlops.kinds.plugins import Brought
from mlops.kinds.reference import load

Of = Literal["numbers", "scores", "probabilities", "classes", "worth"]
"""What a formula is given beside the truth `y` [n]: predicted numbers; scores or probabilities, [n] or [n, k];
decided classes [n] and their number; decided classes and their worth, [true, decided]."""


@dataclass(frozen=True)
class Metric(Kind):
    """A metric; called, it is its formula, which gives a `mlops.metrics.weighting.Statistic`."""

    formula: Callable[..., Any] = field(kw_only=True, compare=False, repr=False)
    of: Of = field(kw_only=True)
    tasks: frozenset[str] = field(kw_only=True)
    higher_is_better: bool = field(kw_only=True)
    low: float = field(kw_only=True)
    high: float = field(kw_only=True)
    standard: bool = field(kw_only=True)
    """It is measured on validation whether anybody asks for it or not; a new one only where it is named."""
    share: bool = field(kw_only=True)
    """It is a rate or made of rates: seeing no error does not mean that there is none."""
    needs: str | None = field(kw_only=True)
    """The block of YAML without which it has no value."""
    also: tuple[str, ...] = field(kw_only=True)
    """What scikit-learn, torchmetrics and people call it."""

    def __call__(self, *arguments: Any) -> Any:
        """Prepare it for many weightings of the same rows."""
        return self.formula(*arguments)


def metric(
    tasks: str,
    *,
    of: Of,
    better: Literal["higher", "lower"],
    low: float = 0.0,
    high: float = 1.0,
    share: bool = False,
    standard: bool = False,
    needs: str | None = None,
    also: str = "",
    name: str = "",
    page: str = "",
) -> Callable[[Callable[..., Any]], Metric]:
    """Declare the formula below as a metric of its name; `tasks` and `also` are names with spaces between.

    What a function made says its `name` and `page` itself.

    Example:
        >>> @metric("regression", of="numbers", better="lower", high=float("inf"))
        ... def worst(y, score):
        ...     "Take the largest error."
        >>> worst.name, worst.title, sorted(worst.tasks)
        ('worst', 'Take the largest error.', ['regression'])
    """

    def declare(formula: Callable[..., Any]) -> Metric:
        called, module = name or formula.__name__, formula.__module__
        return Metric(
            called,
            page or inspect.cleandoc(formula.__doc__ or ""),
            module,
            functions={"evaluate": f"{module}:{called}"},
            formula=formula,
            of=of,
            tasks=frozenset(tasks.split()),
            higher_is_better=better == "higher",
            low=low,
            high=high,
            share=share,
            standard=standard,
            needs=needs,
            also=tuple(also.split()),
        )

    return declare


standard = partial(metric, standard=True)
"""Declare a metric that training measures whether asked for or not: one more would make stale all that was trained."""


def of_plugin(found: Brought) -> Metric:
    """Make the metric that another distribution brings; its formula is imported when it is called."""
    said = found.declared

    def formula(*arguments: Any) -> Any:
        return load(found.reference)(*arguments)

    return Metric(
        found.name,
        said.page,
        found.reference.partition(":")[0],
        functions={"evaluate": found.reference},
        package=found.package,
        version=found.version,
        record=found.record,
        formula=formula,
        of=said.of,
        tasks=frozenset(said.tasks),
        higher_is_better=said.better == "higher",
        low=-inf if said.low is None else said.low,
        high=inf if said.high is None else said.high,
        share=said.share,
        standard=False,
        needs="evaluate.cost" if said.of == "worth" else None,
        also=(),
    )
