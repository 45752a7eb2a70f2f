"""Checks of what a pipeline says about the cost of serving."""

from __future__ import annotations

from collections.abc import Iterator

from mlops.configuration.checking.gate_checks import rules as _rules
from mlops.configuration.checking.problem import Problem
from mlops.configuration.pipeline import Pipeline

_NOT_OF_SERVING: dict[tuple[str, ...], str] = {
    ("correction",): "it has no slices",
    ("on_missing",): "what is not measured is inconclusive",
    ("over_champion", "relative"): "what it costs is always compared as a share of the champion's",
}


def serving_is_whole(pipeline: Pipeline) -> Iterator[Problem]:
    """What serving costs has a method of its own."""
    for path, rule in _rules(pipeline):
        if rule.section != "serving":
            continue
        for where, why in _NOT_OF_SERVING.items():
            block, key = rule.over_champion if len(where) > 1 else rule, where[-1]
            if block is not None and key in block.model_fields_set:
                message = f"`{key}` changes nothing for {rule.metric}: {why}"
                yield Problem((*path, *where), message, f"remove `{key}`", "serving-rule")
