"""Rules over the live model, which no stage can judge: they are set apart, and recorded as deferred."""

from __future__ import annotations

from collections.abc import Iterable

from mlops.ml.evaluation.judging.evidence import Evidence
from mlops.ml.evaluation.judging.judge import Result
from mlops.ml.evaluation.judging.rule import Rule
from mlops.verdict import RuleVerdict


def apart(rules: Iterable[Rule]) -> tuple[tuple[Rule, ...], tuple[Rule, ...]]:
    """Part rules that a stage can judge from those over the live model.

    >>> [[rule.id for rule in part] for part in apart([Rule("a", "auroc"), Rule("b", "auroc", "champion")])]
    [['a'], ['b']]
    """
    every = tuple(rules)
    return (
        tuple(rule for rule in every if rule.against != "champion"),
        tuple(rule for rule in every if rule.against == "champion"),
    )


def in_order(results: Iterable[Result], rules: Iterable[Rule]) -> list[Result]:
    """Put results into the order in which the rules were written."""
    position = {rule.id: index for index, rule in enumerate(rules)}
    return sorted(results, key=lambda result: position[result.evidence.rule.id])


def refused(rules: Iterable[Rule], verdict: RuleVerdict, sentence: str, *, applicable: bool = True) -> list[Result]:
    """Give every rule the same verdict, because nothing could be measured, and say why."""
    return [
        Result(
            Evidence(rule, problem=sentence, applicable=applicable),
            rule.at_most if rule.at_least is None else rule.at_least,
            verdict,
            sentence,
        )
        for rule in rules
    ]
