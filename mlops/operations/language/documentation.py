"""What every id of a finding means: the rules' own docstrings, and the findings about the YAML itself."""

from __future__ import annotations

import inspect
from functools import cache

from mlops.compiler.rules.registry import RULES
from mlops.configuration.findings import DOCUMENTED
from mlops.diagnostics import nearest, suggest
from mlops.errors import ConfigurationError


@cache
def documentation() -> dict[str, str]:
    """Give the documentation of every id, sorted."""
    rules = {rule.__name__.rpartition(".")[2].replace("_", "-"): inspect.cleandoc(rule.__doc__ or "") for rule in RULES}
    return dict(sorted({**DOCUMENTED, **rules}.items()))


def explain_id(identity: str) -> str:
    """Give the documentation of one id.

    Raises:
        ConfigurationError: no finding has that id.
    """
    known = documentation()
    if identity not in known:
        close = suggest(identity, known) if nearest(identity, known) else "ids stand in brackets behind what is found"
        hint = f"{close}; a key of a pipeline: mlops explain NAME KEY"
        raise ConfigurationError(f"no finding has the id `{identity}`", hint=hint)
    return known[identity]
