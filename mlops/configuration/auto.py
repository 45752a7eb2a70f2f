"""What `auto:` comes to: candidates, their search and their ensemble, as people would write them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mlops.models import MODELS
from mlops.models.portfolio import Portfolio

_TRIALS = 2
"""Further trials of each candidate that may be members."""
_LAGGED = re.compile(r"_(?:lag|back)_\d+$")


def portfolio(kind: str) -> Portfolio | None:
    """Give the portfolio of a kind, where it has one.

    Example:
        >>> portfolio("linear").settings[0].parameters
        {'l2': 0.1}
    """
    known = MODELS.get(kind)
    return None if known is None else known.can.get("portfolio")


def unasked(name: str) -> bool:
    """Say whether a kind joins where nobody names it."""
    known = portfolio(name)
    return known is not None and known.unasked


def suiting(value: Mapping[str, Any]) -> tuple[str, ...]:
    """Name the kinds with a portfolio that suit what a pipeline says of its task, its columns and its objective."""
    data, features, objective = (_mapping(value.get(key)) for key in ("data", "features", "objective"))
    pixels = features.get("kind") == "image"
    pictures, tables = pixels or bool(data.get("images")), not pixels
    quantile = objective.get("quantile") is not None
    tasks = {value.get("task")} | ({"regression"} if value.get("task") == "forecasting" else set())
    return tuple(
        name
        for name, kind in MODELS.items()
        if (found := portfolio(name)) is not None
        if (found.tables and tables) or (found.pictures and pictures)
        if tasks & {*kind.can.get("tasks", ())} and (not quantile or kind.can.get("quantile"))
        if not kind.can.get("past") or _one_past(value)
    )


def _one_past(value: Mapping[str, Any]) -> bool:
    """Say whether lags are of the target alone, and the target is learnt as it is."""
    known = _mapping(value.get("forecast")).get("known")
    lagged = any(_LAGGED.search(str(name)) for name in known) if isinstance(known, list | tuple) else False
    return not lagged and _mapping(value.get("objective")).get("transform") is None


def expanded(value: Any) -> Any:
    """Put what `auto:` stands for into a pipeline that has it; others, and what cannot be read, stay as they are."""
    if not isinstance(value, dict) or value.get("auto") is None or not isinstance(value["auto"], Mapping):
        return value
    asked = value["auto"]
    kinds, named = suiting(value), asked.get("kinds")
    usual = [name for name in kinds if unasked(name)]
    chosen = usual if not isinstance(named, list | tuple) else [name for name in kinds if name in named] or usual
    searched = {key: asked[key] for key in ("trials", "minutes") if asked.get(key) is not None}
    model, tune = value.get("model", {}), value.get("tune", {})
    more: dict[str, Any] = {"ensemble": value.get("ensemble", {"trials": _TRIALS})}
    if isinstance(model, Mapping):
        more["model"] = {**{name: _begun(name) for name in chosen}, **model}
    if isinstance(tune, Mapping):
        more["tune"] = {"trials": 40, "race": True, "portfolio": True, **searched, **tune}
    return {**value, **more}


def _begun(name: str) -> dict[str, Any]:
    known = portfolio(name)
    return {"kind": name, **({} if known is None else known.begins)}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
