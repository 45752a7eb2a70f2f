"""Checks of what a pipeline says about the cost of serving."""

from __future__ import annotations

from collections.abc import Iterator

from mlops.configuration.checking.gate_checks import rules as _rules
from mlops.configuration.checking.problem import Problem
from mlops.configuration.gates import sides
from mlops.configuration.pipeline import Pipeline

_NOT_OF_SERVING: dict[tuple[str, ...], str] = {
    ("correction",): "it has no slices",
    ("on_missing",): "what is not measured is inconclusive",
    ("over_champion", "relative"): "what it costs is always compared as a share of the champion's",
}


def serving_is_whole(pipeline: Pipeline) -> Iterator[Problem]:
    """What serving costs has a good side, neither slices nor baselines, and a method of its own."""
    for path, rule in _rules(pipeline):
        if rule.section != "serving":
            continue
        for key in ("by", "under", "over_dummy", "over_simple"):
            if getattr(rule, key) is not None:
                message = f"`{key}` says nothing of {rule.metric}, which is measured of the model as a whole"
                yield Problem((*path, key), message, "write `at_most`, `at_least` or `over_champion`", "serving-rule")
        for where, why in _NOT_OF_SERVING.items():
            block, key = rule.over_champion if len(where) > 1 else rule, where[-1]
            if block is not None and key in block.model_fields_set:
                message = f"`{key}` changes nothing for {rule.metric}: {why}"
                yield Problem((*path, *where), message, f"remove `{key}`", "serving-rule")
        wrong, right = sides(higher_is_better=rule.higher_is_better)
        if getattr(rule, wrong) is not None:
            message = f"`{wrong}` bounds {rule.metric} on its good side"
            yield Problem((*path, wrong), message, f"write `{right}`", "bound-direction")
