"""A metric: what is known of it before anything runs, and its formula."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from math import inf
from typing import Any, Literal

from mlops.kinds.called import Called, declared, joined
from mlops.kinds.plugins import Brought

Of = Literal["numbers", "scores", "probabilities", "classes", "worth"]
"""What a formula is given beside the truth `y` [n]: predicted numbers; scores or probabilities, [n] or [n, k];
decided classes [n] and their number; decided classes and their worth, [true, decided]."""


@dataclass(frozen=True)
class Metric(Called):
    """A metric; called, it is its formula, which gives a `mlops.metrics.weighting.Statistic`."""

    of: Of = field(kw_only=True)
    tasks: frozenset[str] = field(kw_only=True)
    higher_is_better: bool = field(kw_only=True)
    low: float = field(kw_only=True)
    high: float = field(kw_only=True)
    standard: bool = field(kw_only=True)
    """It is measured on validation whether anybody asks for it or not; a new one only where it is named."""
    share: bool = field(kw_only=True)
    """It is a rate or made of rates: seeing no error does not mean that there is none."""
    biased: bool = field(kw_only=True)
    """Noise makes it worse and never better: on few rows it lies above the truth, and resamples lie above that."""
    needs: str | None = field(kw_only=True)
    """The block of YAML without which it has no value."""
    also: tuple[str, ...] = field(kw_only=True)
    """What scikit-learn, torchmetrics and people call it."""
    label: str = field(kw_only=True, default="")
    """What tables and sentences call it; nothing where its name with spaces says it."""


def metric(
    tasks: str,
    *,
    of: Of,
    better: Literal["higher", "lower"],
    low: float = 0.0,
    high: float = 1.0,
    share: bool = False,
    standard: bool = False,
    biased: bool = False,
    needs: str | None = None,
    also: str = "",
    label: str = "",
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
    return declared(
        Metric,
        "evaluate",
        name=name,
        page=page,
        of=of,
        tasks=frozenset(tasks.split()),
        higher_is_better=better == "higher",
        low=low,
        high=high,
        share=share,
        standard=standard,
        biased=biased,
        needs=needs,
        also=tuple(also.split()),
        label=label,
    )


standard = partial(metric, standard=True)
"""Declare a metric that training measures whether asked for or not: one more would make stale all that was trained."""


def of_plugin(found: Brought) -> Metric:
    """Make the metric that another distribution brings; its formula is imported when it is called."""
    said = found.declared
    return joined(
        Metric,
        "evaluate",
        found,
        of=said.of,
        tasks=frozenset(said.tasks),
        higher_is_better=said.better == "higher",
        low=-inf if said.low is None else said.low,
        high=inf if said.high is None else said.high,
        share=said.share,
        standard=False,
        biased=False,
        needs="evaluate.cost" if said.of == "worth" else None,
        also=(),
    )
