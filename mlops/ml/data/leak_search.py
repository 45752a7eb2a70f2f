"""Every search for columns that give the target away, in a table that is held against its contract."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import polars as pl

from mlops.blocks.column_rule import ColumnRule, ColumnType
from mlops.errors import ConfigurationError
from mlops.ml.data import derive, leakage, pixels, preprocessing_leaks, preprocessing_signs
from mlops.ml.data.checks import Check
from mlops.ml.data.contract import Contract
from mlops.ml.data.sample import Sample
from mlops.ml.data.suspect import Suspect
from mlops.ml.data.target import Target


def search(
    drawn: Sample,
    target: Target,
    kinds: Mapping[str, ColumnType],
    features: Sequence[str],
    past: Collection[str],
    contract: Contract,
) -> list[Check]:
    """Search the `features`, whose types are `kinds`; those of the `past` cannot know the target.

    What was computed of all rows is proved on all; where else a sample was searched, what is found says so.
    """
    image = set(features) if contract.image else pixels.find(drawn.rows, {name: kinds[name] for name in features})
    rules = {name: contract.columns.get(name, ColumnRule()) for name in features if name not in past}
    suspects = [
        Suspect(name, kinds[name], rule.public, name in image)
        for name, rule in rules.items()
        if rule.leakage == "check" and kinds[name] != "image"  # what is in a picture may say everything
    ]
    leaks = leakage.find(drawn.rows, target, suspects, contract.origins())
    found = [replace(check, message=drawn.noted(check.message)) for check in leaks]
    accused = {check.column for check in found}
    rest = [suspect for suspect in suspects if suspect.name not in accused]
    told = [_let(check, contract) for check in found] or [Check("leakage", None, "block", 0, len(suspects))]
    doubted = rest if drawn.whole else preprocessing_signs.likely(drawn, target, rest)
    return [
        *told,
        *preprocessing_leaks.find(drawn.table, target, doubted),
        *_of_many_rows(drawn, target, kinds, contract),
    ]


def _of_many_rows(drawn: Sample, target: Target, kinds: Mapping[str, ColumnType], contract: Contract) -> list[Check]:
    """Search what will be learnt of rows of training, as if these rows were all of them."""
    asked = {name for name in contract.later if contract.learns(name)}
    if not asked:
        return []
    try:
        steps = derive.possible(contract.derive, kinds)
    except ConfigurationError:  # the check of `derive` says so
        return []
    _, made, types = derive.learn(drawn.rows, kinds, steps, asked & {step.name for step in steps})
    suspects = [Suspect(name, kind, public=False) for name, kind in types.items()]
    rows = pl.concat([drawn.rows.select(target.name), made], how="horizontal")
    found = leakage.find(rows, target, suspects, contract.origins())
    return [_let(replace(check, message=drawn.noted(check.message)), contract) for check in found]


def _let(check: Check, contract: Contract) -> Check:
    """Let pass what somebody answers for; the gate holds it to what was merged."""
    accepted = contract.accepted_leak
    if accepted is None or check.column not in accepted.columns or not check.blocks:
        return check
    return replace(check, severity="warn", message=f"{check.message}; {accepted.told}")
