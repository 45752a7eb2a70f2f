"""Every column that a pipeline names, held against those that a table has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops.ml.data import columns, table_rules
from mlops.ml.data.checks import Check, failure
from mlops.stages import computed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mlops.ml.data.contract import Contract


def hold(header: Sequence[str], present: Sequence[str], params: Contract) -> list[Check]:
    """Find names that the table does not have, columns that nobody declared where all must be, and their order."""
    named: dict[str, Iterable[str]] = {
        "columns": {name for name, rule in params.columns.items() if not rule.optional},
        "target": [params.target],
        "entity": params.kept - {*params.keys, *params.measures, params.weight},
        "keys": params.keys,
        "weight": [params.weight] if params.weight else [],
        "exclude": params.exclude,
        "include": params.include or (),
        "accept.leak": params.accepted_leak.columns if params.accepted_leak else (),
        "derive": computed.computed_from(params),
        "where": computed.asked_by(params.where),
        "unique": {name for names in params.unique for name in names},
        **table_rules.named(params.pairs, params.freshness, params.checks),
        **params.named,
    }
    found = columns.missing({key: set(names) for key, names in named.items()}, (*header, *params.derive))
    if params.strict:
        found += columns.undeclared(present, {*params.columns, *params.exclude, *params.kept, params.target})
    if params.ordered:
        found += columns.misplaced(present, list(params.columns))
    learnt_from_excluded = {params.target} & {*params.exclude, *params.keys}
    found += [failure("target", name, f"`{name}` is the target and excluded") for name in learnt_from_excluded]
    return found
