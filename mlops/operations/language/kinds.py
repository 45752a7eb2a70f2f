"""The kinds that may be named, by slice."""

from __future__ import annotations

from collections.abc import Mapping

from mlops.backends import BACKENDS
from mlops.diagnostics import suggest
from mlops.errors import ConfigurationError
from mlops.gate_rules import GATE_RULES
from mlops.kinds.kind import Kind
from mlops.kinds.slice import Slice
from mlops.metrics import METRICS
from mlops.models import MODELS
from mlops.perturbations import PERTURBATIONS
from mlops.sources import SOURCES
from mlops.targets import TARGETS
from mlops.transforms import TRANSFORMS

_ALL: tuple[Slice[Kind], ...] = (BACKENDS, GATE_RULES, METRICS, MODELS, PERTURBATIONS, SOURCES, TARGETS, TRANSFORMS)
SLICES: Mapping[str, Slice[Kind]] = {each.name: each for each in _ALL}


def kinds(group: str | None = None) -> dict[str, tuple[Kind, ...]]:
    """Give the kinds of a slice, or of every slice, by its name; those of other distributions last, named or not.

    Raises:
        ConfigurationError: there is no such slice.
    """
    if group is not None and group not in SLICES:
        raise ConfigurationError(f"there is no slice `{group}`", hint=suggest(group, SLICES))
    return {name: (*each.values(), *each.others) for name, each in SLICES.items() if group in (None, name)}
