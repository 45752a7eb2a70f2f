"""A bundle's golden rows: requests made up from its profile, never rows of anybody.

A row of the data in a content's digest could not be erased. Each column runs through its quantiles, levels or dates in
an order of its own, and is missing in one row where a request may leave it out.
"""

from __future__ import annotations

from datetime import date, datetime
from math import gcd
from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.blocks.image_column import measures
from mlops.bundle.golden import Golden
from mlops.bundle.picture_text import spelled
from mlops.pictures.pixels import made_up

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlops.bundle.predictor import Predictor
    from mlops.bundle.schema import Field
    from mlops.bundle.text import Text
    from mlops.documents.profile import ColumnProfile, Profile

_WORDS = 8  # of a text
_PANGRAM = "Sphinx of black quartz, judge my vow: the five boxing wizards jump quickly"


def make(predictor: Predictor, profile: Profile, count: int) -> Golden:
    """Make `count` rows that the predictor's schema accepts, and note what it answers; the same every time."""
    columns = profile.columns
    recipe = predictor.transform.recipe
    made: dict[str, list[Any]] = {
        field.name: _sentences(recipe.text_of(field.name), place, count)
        if field.type == "text"
        else _column(field, columns[field.name], place, count)
        if field.picture is None
        else _pictures(field.name, field.picture.shape, columns, count)
        for place, field in enumerate(predictor.schema.fields)
    }
    if count > 1:
        for place, field in enumerate(predictor.schema.fields):
            if predictor.schema.takes_null(field):
                made[field.name][(place * 3 + 1) % count] = None
    rows = tuple({name: values[index] for name, values in made.items()} for index in range(count))
    expected = predictor.predict_rows(rows)
    decided = predictor.decide(expected)
    return Golden(rows, tuple(expected.astype(np.float64).tolist()), None if decided is None else tuple(decided))


def _sentences(item: Text | None, place: int, count: int) -> list[Any]:
    """Make texts [count] of words that are known, or of any: never a text that somebody wrote."""
    known = [] if item is None else [token.strip() for token in item.vocabulary or ()]
    words = known or _PANGRAM.split()
    rows = range(place, place + count)
    return [" ".join(words[(row * _WORDS + index * (row + 1)) % len(words)] for index in range(_WORDS)) for row in rows]


def _pictures(name: str, shape: tuple[int, ...], columns: Mapping[str, ColumnProfile], count: int) -> list[Any]:
    """Draw pictures [count] that are as bright and as contrasting as those of training, each of another pattern."""
    bright, contrasting = (columns[each] for each in measures(name))
    positions = [((index * 7) % count + 0.5) / count for index in range(count)]
    return [
        spelled(made_up(shape, _number(bright, place), _number(contrasting, 1 - place), index))
        for index, place in enumerate(positions)
    ]


def _column(field: Field, profile: ColumnProfile, place: int, count: int) -> list[Any]:
    """Give a column's values [count]: each part of its range once, in an order that depends on where it stands."""
    stride = next(step for step in range(place % count + 1, place % count + 1 + 2 * count) if gcd(step, count) == 1)
    positions = [((index * stride + place) % count + 0.5) / count for index in range(count)]
    return [_value(field, profile, position) for position in positions]


def _value(field: Field, profile: ColumnProfile, position: float) -> Any:
    """Give the value at a position from 0 to 1 of what a column holds; a plain one where it held nothing."""
    if field.type in ("date", "datetime"):
        return _moment(field, profile, position)
    if field.type in ("string", "category"):
        levels = sorted(profile.frequencies)
        return levels[int(position * len(levels))] if levels else ""
    number = _number(profile, position)
    if field.type == "bool":
        return bool(number)
    return round(number) if field.type == "int" else float(f"{number:.6g}")


def _number(profile: ColumnProfile, position: float) -> float:
    known = profile.values or profile.quantiles or (0.0,)
    if profile.values is not None:
        return known[int(position * len(known))]
    return float(np.interp(position, np.linspace(0, 1, len(known)), known))


def _moment(field: Field, profile: ColumnProfile, position: float) -> str:
    kind = date if field.type == "date" else datetime
    first, last = (kind.fromisoformat(end or "2000-01-01") for end in (profile.minimum, profile.maximum))
    at = first + (last - first) * position
    return (at.replace(microsecond=0) if isinstance(at, datetime) else at).isoformat()
