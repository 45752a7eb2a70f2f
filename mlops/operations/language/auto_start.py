"""What `mlops new --auto` writes beside the candidates that it does not name: a budget, kinds, and room for levels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops.configuration.auto import portfolio, suiting, unasked
from mlops.extras import absent, line
from mlops.models import MODELS
from mlops.operations.language.flow import flow

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

_TRIALS = ((5_000, 60), (50_000, 40), (None, 16))
_USUAL, _MOST, _COLUMNS = 32, 256, 512
"""Levels of a category that are kept anyway, those that are at most, and columns that they all may become."""


@dataclass(frozen=True)
class Start:
    """The lines that `auto` comes to in a pipeline's file, and sentences about what it leaves out."""

    lines: tuple[str, ...]
    notes: tuple[str, ...] = ()


def start(
    task: str,
    rows: int,
    levels: Sequence[int] = (),
    *,
    pictures: bool = False,
    missing: Callable[[str], str | None] = absent,
) -> Start:
    """Choose by a task, the rows of the file, and how many `levels` each of its categories has.

    `missing` names a library of an extra that is not installed. What is written does not depend on where it is read:
    kinds whose library is not everywhere stand in it by name.

    Example:
        >>> start("binary", 60_000, missing=lambda extra: extra).lines
        ('auto: {trials: 16}',)
        >>> start("regression", 20_000, [300, 4], missing=lambda extra: extra).lines
        ('features: {categorical: {at_most: 256}}', 'auto: {trials: 40}')
    """
    value: dict[str, Any] = {"task": task, **({"features": {"kind": "image"}} if pictures else {})}
    kinds, notes = [], []
    for name in suiting(value):
        extra = MODELS[name].can.get("extra")
        if unasked(name):
            kinds.append(name)
        elif extra is None:
            known = portfolio(name)
            kinds += [name] if known is not None and known.most is not None and rows <= known.most else []
        elif library := missing(extra):
            notes.append(
                f"`auto` tries no {name}, as {library} is not installed: {line(extra)}, then name it in `kinds`"
            )
        else:
            kinds.append(name)
    asked: dict[str, Any] = {"trials": trials(rows)}
    if not all(map(unasked, kinds)):
        asked["kinds"] = sorted(kinds)
    return Start((*_room(levels), f"auto: {flow(asked)}"), tuple(notes))


def trials(rows: int) -> int:
    """Say how many trials there are: fewer, where each takes longer.

    Example:
        >>> trials(1_000), trials(1_000_000)
        (60, 16)
    """
    return next(count for most, count in _TRIALS if most is None or rows <= most)


def _room(levels: Sequence[int]) -> tuple[str, ...]:
    """Keep more levels of long categories: what linear models and networks read of them is a column each."""
    long = [count for count in levels if count > _USUAL]
    if not long:
        return ()
    most = max(_USUAL, min(_MOST, max(long), _COLUMNS // len(long)))
    return (f"features: {{categorical: {{at_most: {most}}}}}",) if most > _USUAL else ()
