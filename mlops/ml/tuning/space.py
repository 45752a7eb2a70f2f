"""Ranges of parameters as Optuna knows them, and its values as a candidate is given them.

A choice may be a list, which Optuna does not know: to it each is the text that JSON has for it.
"""

from __future__ import annotations

import json
from itertools import product
from typing import TYPE_CHECKING, Any

from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from optuna.distributions import BaseDistribution

    from mlops.blocks.tune import Range

_DIGITS = 6  # significant ones of a number that is tried: what is written into a report is what was tried


def distributions(space: Mapping[str, Range]) -> dict[str, BaseDistribution]:
    """Say what each parameter may be.

    Example:
        >>> from mlops.blocks.tune import Range
        >>> distributions({"depth": Range(low=1, high=9)})["depth"].high
        9
    """
    return {name: _distribution(each) for name, each in sorted(space.items())}


def given(space: Mapping[str, Range], asked: Mapping[str, Any]) -> dict[str, Any]:
    """Give parameters as a candidate takes them.

    Example:
        >>> from mlops.blocks.tune import Range
        >>> space = {"lr": Range(low=0.1, high=1.0), "h": Range(choices=((8,), (8, 8)))}
        >>> given(space, {"lr": 0.12345678, "h": "[8, 8]"})
        {'lr': 0.123457, 'h': [8, 8]}
    """
    return {name: _given(space[name], value) for name, value in asked.items()}


def inside(space: Mapping[str, Range], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Give those of a candidate's own parameters that lie in a space, as Optuna knows them."""
    known = distributions(space)
    found = {}
    for name, each in space.items():
        if name not in parameters:
            continue
        value = parameters[name]
        if each.choices is not None:
            value = json.dumps(value)
            there = value in [json.dumps(choice) for choice in each.choices]
        else:
            there = _number(value) and known[name]._contains(value)  # as Optuna asks of what is enqueued
        if there:
            found[name] = value
    return found


def grid(space: Mapping[str, Range]) -> Iterator[dict[str, Any]]:
    """Go through every combination of values, the last parameter first; every range has `points`."""
    names = sorted(space)
    for values in product(*(space[name].points or () for name in names)):
        yield {
            name: json.dumps(value) if space[name].choices is not None else value
            for name, value in zip(names, values, strict=True)
        }


def _distribution(each: Range) -> BaseDistribution:
    if each.choices is not None:
        return CategoricalDistribution([json.dumps(choice) for choice in each.choices])
    low, high = each.low or 0, each.high or 0
    if each.step is not None and each.points:
        high = each.points[-1]
    if each.whole:
        return IntDistribution(int(low), int(high), log=each.log, step=int(each.step or 1))
    return FloatDistribution(low, high, log=each.log, step=each.step)


def _given(each: Range, value: Any) -> Any:
    if each.choices is not None:
        return json.loads(value)
    if each.whole:
        return int(value)
    return min(max(float(f"{value:.{_DIGITS}g}"), float(each.low or 0)), float(each.high or 0))


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
