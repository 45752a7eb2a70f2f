"""Columns that give the target away: what would not be known when a prediction is asked for.

A leak shows itself in one of six ways: the target is computed from the column; the column is the target under another
name; the column alone predicts it almost perfectly; one region of the column (above zero, zero, present, missing)
leaves no doubt about the target, as an expense does about "had any expense"; a few columns do so together; or it is
missing in the very rows where a leak is. Legitimate features come close to most, so the bounds are far out and each
block needs evidence that chance does not give.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import polars as pl

from mlops.ml.data import leakage_by_region, leakage_together, predictability
from mlops.ml.data.checks import Check, failure
from mlops.ml.data.suspect import Suspect
from mlops.ml.data.target import Target

_LEAST_ROWS = 50


def find(
    frame: pl.DataFrame, target: Target, suspects: Sequence[Suspect], origins: Collection[str] = ()
) -> list[Check]:
    """Find the features that give the target away, one check each; `origins` are what the target is computed from."""
    known = frame.filter(pl.col(target.name).is_not_null())
    sample = predictability.thinned(known)
    alone = [check for suspect in suspects if (check := _judge(known, sample, target, suspect, origins))]
    if known.height < _LEAST_ROWS:
        return alone
    proved = {check.column for check in alone if check.blocks}
    left = [suspect for suspect in suspects if suspect.name not in proved and not suspect.pixel]
    together = leakage_together.find(known, target, left)
    told = {str(check.column) for check in together}
    kin = leakage_together.siblings(known, {*map(str, proved), *told}, left)
    told |= {str(check.column) for check in kin}
    return [*(check for check in alone if check.column not in told), *together, *kin]


def _judge(
    frame: pl.DataFrame, sample: pl.DataFrame, target: Target, suspect: Suspect, origins: Collection[str]
) -> Check | None:
    name, rows = suspect.name, frame.height
    if name in origins:
        return _leak(name, f"`{target.name}` is computed from it", rows, rows)
    if rows < _LEAST_ROWS:
        return None
    if predictability.is_same(sample[name], sample[target.name]):
        return _leak(name, f"it is `{target.name}` under another name", rows, rows)
    return _weigh(frame, sample, target, suspect)


def _weigh(frame: pl.DataFrame, sample: pl.DataFrame, target: Target, suspect: Suspect) -> Check | None:
    name, rows = suspect.name, frame.height
    region = None if suspect.pixel else leakage_by_region.strongest(frame, target, suspect.name, suspect.type)
    if region and region.blocks:
        return _leak(name, region.sentence(target, suspect.public), region.rows, rows)
    power = predictability.measure(sample[name], sample[target.name], target, suspect.type)
    if power and power.blocks:
        return _leak(name, power.sentence(target), rows, rows)
    weaker = region.sentence(target, suspect.public) if region else power.sentence(target) if power else ""
    if not weaker:
        return None
    words = f"`{name}` may give the target away: {weaker}"
    return failure(
        "leakage_suspected", name, words, severity="warn", failed=region.rows if region else rows, total=rows
    )


def _leak(name: str, reason: str, failed: int, rows: int) -> Check:
    return failure("leakage", name, f"`{name}` gives the target away: {reason}", failed=failed, total=rows)
