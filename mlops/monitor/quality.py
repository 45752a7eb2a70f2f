"""Is the feed whole? What breaks here is an incident of the data: comparing distributions would only repeat it.

Checked in a window: columns, missing values, unseen categories, numbers outside the range of training (a change of
unit), volume, and the rows that servers refused, which are only counted. A share is broken only where chance cannot
explain it: a column just at its bound breaks it in at most one window of 740, however few records there are. After
Breck et al., The ML Test Score (2017), section IV, Monitor 1 and 2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import polars as pl

from mlops.bundle.recipe_items import NUMERIC, TEXT
from mlops.bundle.refusal import REASONS, UNKNOWN

if TYPE_CHECKING:
    from mlops.bundle.refusal import Refusals
    from mlops.configuration.monitor import Quality
    from mlops.documents.profile import ColumnProfile
    from mlops.monitor.reference import Reference

_CHANCE = 0.00135  # of a false alarm: what lies beyond three standard errors, on one side
_EARLIER = 3  # windows that say what volume is usual
_NAMED = 3  # causes of refusals in a sentence; the report lists all
_ROUNDED = 1e-5  # of a range: the profile keeps six digits


@dataclass(frozen=True)
class Incident:
    """One thing broken in one window; `column` is empty for the window as a whole."""

    check: str
    column: str
    value: float
    bound: float
    sentence: str


def incidents(
    features: pl.DataFrame,
    arrived: int,
    refused: Refusals,
    earlier: Sequence[int],
    reference: Reference,
    quality: Quality,
    budgets: Mapping[str, float],
) -> tuple[Incident, ...]:
    """Check one window in which so many rows `arrived`, the refused ones and those of other bundles among them.

    `earlier` are the numbers of rows that arrived in the windows before it, `budgets` the shares of missing values
    that the data contract allows, by column.
    """
    found = [*_volume(arrived, earlier, quality), *_refused(features.height, refused, quality)]
    if features.height:
        for name, profile in reference.columns.items():
            if name not in features.columns:
                found.append(Incident("schema", name, 0.0, 1.0, f"`{name}` is absent from the log"))
            else:
                found += _column(features.get_column(name), profile, reference, quality, budgets.get(name, 0.0))
    return tuple(found)


def _volume(rows: int, earlier: Sequence[int], quality: Quality) -> Iterator[Incident]:
    if rows == 0:
        yield Incident("volume", "", 0.0, 1.0, "there is no record: is the server logging?")
    elif len(earlier) >= _EARLIER and rows < quality.volume * (usual := median(earlier)):
        sentence = f"{rows:,} records where {usual:,.0f} are usual: a part of the log is late or lost"
        yield Incident("volume", "", float(rows), quality.volume * usual, sentence)


def _refused(rows: int, refused: Refusals, quality: Quality) -> Iterator[Incident]:
    lost = sum(refused.values())
    asked = rows + lost
    if lost and _exceeds(lost, asked, quality.refused):
        share = lost / asked
        sentence = f"{share:.1%} of {asked:,} rows were refused: {_causes(refused)}"
        yield Incident("refused", "", share, quality.refused, sentence)


def _causes(refused: Refusals) -> str:
    """Name what most rows were refused for."""
    most = sorted(refused.items(), key=lambda item: (-item[1], item[0]))
    named = [
        f"{rows:,} {REASONS[reason]}" if column == UNKNOWN else f"{rows:,} where `{column}` {REASONS[reason]}"
        for (column, reason), rows in most[:_NAMED]
    ]
    rest = sum(rows for _, rows in most[_NAMED:])
    return ", ".join([*named, *([f"{rest:,} for something else"] if rest else [])])


def _column(
    series: pl.Series, profile: ColumnProfile, reference: Reference, quality: Quality, budget: float
) -> Iterator[Incident]:
    name, rows = series.name, len(series)
    if series.dtype.is_float():
        series = series.fill_nan(None)
    missing, allowed = series.null_count(), _nulls_allowed(name, profile.nulls, quality, budget)
    if _exceeds(missing, rows, allowed):
        nulls = missing / rows
        sentence = f"{nulls:.1%} of `{name}` is missing; {profile.nulls:.1%} was in training, {allowed:.1%} is allowed"
        yield Incident("nulls", name, nulls, allowed, sentence)
    known = series.drop_nulls()
    if not len(known):
        return
    if profile.type in TEXT and (levels := _levels(name, profile, reference)):
        other = len(known) - int(known.is_in(levels).sum())
        own = quality.of("unseen", name)
        allowed = min(1.0, profile.other + (quality.unseen if own is None else own))
        if _exceeds(other, len(known), allowed):
            unseen = other / len(known)
            yield Incident("unseen", name, unseen, allowed, f"{unseen:.1%} of `{name}` are levels training never saw")
    if profile.type in NUMERIC and profile.quantiles:
        low, high = profile.quantiles[0], profile.quantiles[-1]
        room = _ROUNDED * max(abs(low), abs(high))
        beyond = len(known) - int(known.cast(pl.Float64).is_between(low - room, high + room).sum())
        own = quality.of("outside", name)
        allowed = quality.outside if own is None else own
        if _exceeds(beyond, len(known), allowed):
            outside = beyond / len(known)
            sentence = (
                f"{outside:.1%} of `{name}` lies outside {low:g} to {high:g}, all that training saw: another unit?"
            )
            yield Incident("outside", name, outside, allowed, sentence)


def _nulls_allowed(name: str, trained: float, quality: Quality, budget: float) -> float:
    """Give the share of missing values that is not broken: what is written for the column, else the larger of two."""
    own = quality.of("nulls", name)
    return min(1.0, max(trained + quality.nulls, budget) if own is None else trained + own)


def _levels(name: str, profile: ColumnProfile, reference: Reference) -> list[str]:
    """List what training saw: the transform's levels, with those of the profile."""
    fitted = [level for item in reference.recipe.categories if item.column == name for level in item.levels]
    return sorted({*fitted, *profile.frequencies})


def _exceeds(broken: int, rows: int, allowed: float) -> bool:
    """Tell whether so many are too many by the exact binomial test (Clopper and Pearson, Biometrika 26:404, 1934)."""
    from scipy.special import bdtrc

    return bool(bdtrc(broken - 1, rows, allowed) <= _CHANCE)
