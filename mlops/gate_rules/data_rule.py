"""Rules on what the checks of the data said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from mlops.gate_rules.rule_kind import RuleKind
from mlops.kinds.called import Called, declared, joined

if TYPE_CHECKING:
    from mlops.documents.data import DataReport
    from mlops.gate_rules.measured import Measured

PREFIX = "data_"
"""What the name of a kind begins with where it stands among those of metrics."""


@dataclass(frozen=True)
class DataRule(Called, RuleKind):
    """What `reports/data.json` is asked for; called, it gives an interval as sure as asked, or why there is none."""

    section = "data"
    lacks = ("at_least", "by", "under", "over_champion", "over_dummy", "over_simple", "over_clean")
    lacking = "`{key}` says nothing of {name}, which is one number of all the data"
    instead = "remove it, and write `at_most`"


def data_rule(ask: Callable[[DataReport, float], Measured | str]) -> DataRule:
    """Declare the function below as a kind of its name."""
    return declared(DataRule, "gate")(ask)


of_plugin = partial(joined, DataRule, "gate")
